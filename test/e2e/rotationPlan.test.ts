import type { Plan } from "../../components/plan/document";
import { runCommandWithInput } from "../unit/command/runCommand";
import { createSecrets } from "./rotationBench";
import { exitCode, RotationProgram } from "./rotationProgram";
import { startRotationWorld, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

describe("the plan of a rotation as one block", () => {
  let world: RotationWorld;
  let program: RotationProgram;

  beforeAll(async () => {
    world = await startRotationWorld();
    await createSecrets(world.cluster, 5);
    program = await RotationProgram.create(world);
  });
  afterAll(() => world.end());

  const configure = (keys: object): void =>
    program.configure({
      ...{ resources: ["secrets"], keys, targets: world.targets, kubeconfig: world.cluster.kubeconfig },
      ...{ migrator: "direct", requestTimeoutSeconds: 3, compactionIntervalSeconds: 2 },
    });
  const printed = async (...args: string[]): Promise<string> => {
    const child = program.start(...args, "--json");
    let out = "";
    child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
    expect(await exitCode(child)).toBe(0);
    return out;
  };
  const planIn = async (output: string): Promise<Plan> => {
    const { code, out, err } = await runCommandWithInput(output, "plan", "-", "--json");
    expect([code, err]).toEqual([0, ""]);
    return JSON.parse(out) as Plan;
  };
  const stepsOf = ({ counts: { steps, cannotBeUndone }, components }: Plan): string =>
    JSON.stringify([steps, cannotBeUndone, components.map((each) => each.steps)]);

  test("T1: the first encryption, whose key is not made yet: all four steps, as in the `up`", async () => {
    configure({ write: "2026-08" });
    const [before, after] = [await planIn(await printed("preview")), await planIn(await printed("up", "--yes"))];
    expect(before.components[0]?.steps.map(({ phase }) => phase)).toEqual([
      ...["distribute", "promote", "migrate", "retire"],
    ]);
    expect(before.counts).toMatchObject({ steps: 4, cannotBeUndone: 1, errors: 0 });
    expect(stepsOf(after)).toBe(stepsOf(before));
  });

  test("T2: to the next key: the same steps from preview and `up`, and only retire cannot be undone", async () => {
    configure({ write: "2026-11", archive: ["2026-08"] });
    const previews = [await printed("preview"), await printed("preview")];
    const [before, again] = await Promise.all(previews.map(planIn));
    expect(JSON.stringify(again)).toBe(JSON.stringify(before));
    const after = await planIn(await printed("up", "--yes", "--skip-preview"));
    expect(before?.components[0]?.steps.filter(({ canBeUndone }) => !canBeUndone)).toMatchObject([{ phase: "retire" }]);
    expect(stepsOf(after)).toBe(before === undefined ? "" : stepsOf(before));
  });
});
