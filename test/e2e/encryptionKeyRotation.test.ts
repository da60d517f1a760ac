import * as fs from "fs";
import { chosenVersion } from "../../local/toolchain/controlPlane";
import { createSecrets, formsOf, keysIn, prefixes } from "./rotationBench";
import { startRotationWorld, type RotationRun, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

describe("the keys of a cluster's Secrets rotate", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  const runs: RotationRun[] = [];
  /** The bytes of every key that the file held after a run. */
  const keys = new Set<string>();
  const preview = async (args: Parameters<RotationStack["preview"]>[0]): Promise<RotationRun> =>
    kept(await stack.preview(args));
  const up = async (args: Parameters<RotationStack["up"]>[0]): Promise<RotationRun> => kept(await stack.up(args));
  const kept = (run: RotationRun): RotationRun => {
    runs.push(run);
    for (const key of keysIn(file())) keys.add(key);
    return run;
  };
  const file = (): string => fs.readFileSync(world.targets[0]?.file ?? "", "utf8");
  const unchanged = (run: RotationRun): void =>
    expect(new Set(Object.values(run.operations))).toEqual(new Set(["same"]));

  beforeAll(async () => {
    world = await startRotationWorld();
    await createSecrets(world.cluster, 30);
    stack = await world.stack("keys");
  });
  afterAll(() => world.end());

  const first = { keys: { write: "2026-08" } };

  test("T1: the first preview shows the whole plan, although its key is not made yet, and changes nothing", async () => {
    const before = file();
    const run = await preview(first);
    expect(run.plans).toEqual({
      distribute: [
        "secrets: [identity] → [identity, secretbox:2026-08]: every API server learns to read secretbox:2026-08; identity goes on writing",
      ],
      promote: [
        "secrets: [identity, secretbox:2026-08] → [secretbox:2026-08, identity]: secretbox:2026-08 writes; everything stays readable",
      ],
      migrate: ["identity → secretbox:2026-08: rewrite every object of secrets directly"],
      retire: [
        "secrets: [secretbox:2026-08, identity] → [secretbox:2026-08]: identity can go once every object is proven to be written with secretbox:2026-08",
      ],
    });
    expect(run.messages.join("\n")).toContain(`keys of secrets, the first one writes:
  now: identity
  after distribute: identity, secretbox:2026-08
  after promote: secretbox:2026-08, identity
  after retire: secretbox:2026-08
`);
    expect(run.messages.join("\n")).toMatch(/secrets: 30 objects/);
    // Which file it loaded, an API server tells only from 1.34 on.
    const held = chosenVersion([]) === "1.30" ? "reports no hash" : "\\1";
    const told = new RegExp(`targets hold (sha256:[0-9a-f]{64}); 1 API server \\(\\S+\\)\\n {2}\\S+: ${held}`);
    expect(run.messages.join("\n")).toMatch(told);
    expect(file()).toBe(before);
  });

  test("T2: plain Secrets are encrypted for the first time; etcd's own bytes say so", async () => {
    expect(await prefixes(world.cluster)).toEqual({ plain: 30 });
    const planned = (await preview(first)).plans;
    const run = await up(first);
    expect(run.plans).toEqual(planned);
    expect(run.outputs).toMatchObject({
      writeKey: "secretbox:2026-08",
      keyOrder: { secrets: ["secretbox:2026-08"] },
      objectsRewritten: 30,
    });
    expect(await prefixes(world.cluster)).toEqual({ "k8s:enc:secretbox:v1:2026-08:": 30 });
    unchanged(await preview(first));
  });

  const second = { keys: { write: "2026-11", archive: ["2026-08"] } };

  test("T3: with a new key to write, every Secret moves under it and the old key leaves the file", async () => {
    const audit = { endpoints: [world.cluster.etcd] };
    const { plans: planned, messages } = await preview({ ...second, audit });
    expect(messages.join("\n")).toContain("secrets in etcd: 30 k8s:enc:secretbox:v1:2026-08:");
    expect(Object.keys(planned)).toEqual(["distribute", "promote", "migrate", "retire"]);
    const run = await up({ ...second, audit });
    expect(run.plans).toEqual(planned);
    expect(run.outputs["keyOrder"]).toEqual({ secrets: ["secretbox:2026-11"] });
    expect(await prefixes(world.cluster)).toEqual({ "k8s:enc:secretbox:v1:2026-11:": 30 });
    expect(file()).not.toContain("2026-08");
    const secret = await world.cluster.client.get("/api/v1/namespaces/default/secrets/s-0007");
    expect(Buffer.from((secret.data as { value: string }).value, "base64").toString()).toBe("value 7");
  });

  test("T4: unchanged, preview shows nothing, twice in a row and after a refresh", async () => {
    unchanged(await preview(second));
    unchanged(await preview(second));
    await stack.automation.refresh();
    unchanged(await preview(second));
  });

  test("T5: no bytes of either key, in any encoding, in any preview, message, or in clear in the state", () => {
    expect(keys.size).toBe(2);
    const said = runs.map(({ everything }) => everything).join("\n");
    for (const form of [...keys].flatMap(formsOf)) {
      expect(leaksOf(said, form)).toEqual([]);
      expect(leaksOf(stack.state(), form)).toEqual([]);
    }
  });

  test("T6: with the file gone the next rotation refuses, also where API servers do not tell that they run with it", async () => {
    const [path, text] = [world.targets[0]?.file ?? "", file()];
    fs.rmSync(path);
    const next = { keys: { write: "2027-02", archive: ["2026-08", "2026-11"] } };
    expect(await stack.refused(stack.preview(next))).toMatch(
      /the targets hold no file, or an empty one, and [^]*next: +put (that|the last) file back/,
    );
    fs.writeFileSync(path, text, { mode: 0o600 });
  });
});

/** What stands before each place in which it is found, so that a failing test does not print the key itself. */
function leaksOf(text: string, secret: string): string[] {
  return text
    .split(secret)
    .slice(0, -1)
    .map((before) => before.slice(-200));
}
