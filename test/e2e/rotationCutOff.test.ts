import * as fs from "fs";
import * as path from "path";
import { createSecrets, prefixes } from "./rotationBench";
import { startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

// A kill between the writes of two targets leaves them apart. What it leaves is laid out here by hand, to the byte.
describe("a write that was cut off between two targets", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  let files: string[];
  const read = (): string[] => files.map((file) => fs.readFileSync(file, "utf8"));
  const put = (at: number, text: string): void => fs.writeFileSync(files[at] ?? "", text, { mode: 0o600 });

  beforeAll(async () => {
    world = await startRotationWorld();
    await createSecrets(world.cluster, 10);
    files = [world.targets[0]?.file ?? "", path.join(world.dir, "second.yaml")];
    put(1, fs.readFileSync(files[0] ?? "", "utf8"));
    stack = await world.stack("cut-off");
  });
  afterAll(() => world.end());

  const args = (stopAfter?: "distribute" | "promote") => ({
    keys: { write: "2026-08" },
    targets: files.map((file) => ({ file })),
    ...(stopAfter && { stopAfter }),
  });

  test("T1: of distribute: the next preview shows the same plan, the next up finishes", async () => {
    const [plain = ""] = read();
    const planned = (await stack.preview(args("distribute"))).plans;
    await stack.up(args("distribute"));
    const [distributed = "", second] = read();
    expect(second).toBe(distributed);
    // As if killed after the first target.
    put(1, plain);
    const cutOff = await stack.preview(args("distribute"));
    expect(cutOff.plans).toEqual(planned);
    expect(cutOff.messages.join("\n")).toContain("an earlier run was writing when it was cut off");
    await stack.up(args("distribute"));
    expect(read()).toEqual([distributed, distributed]);
  });

  test("T2: of promote, seen by no server yet: it is taken back and done again, and the rotation goes to its end", async () => {
    const [distributed = ""] = read();
    await stack.up(args("promote"));
    // As if killed after the target that no server reads.
    put(0, distributed);
    await stack.up(args());
    const [first = "", second] = read();
    expect(second).toBe(first);
    expect(await prefixes(world.cluster)).toEqual({ "k8s:enc:secretbox:v1:2026-08:": 10 });
  });

  test("T3: what somebody else left apart is refused, and told by key names", async () => {
    const [retired = ""] = read();
    put(1, retired.replace(/^( *)- identity: \{\}\n/m, "").replace("2026-08", "2025-01"));
    const message = await stack.refused(stack.preview({ ...args(), keys: { write: "2026-11", archive: ["2026-08"] } }));
    expect(message).toMatch(/the targets hold 2 different texts/);
    expect(message).toMatch(/targets\[1\] \(file .*second.yaml\): secrets: secretbox \[2025-01\]/);
    put(1, retired);
  });
});
