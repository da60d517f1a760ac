import * as fs from "fs";
import { createSecrets, prefixes } from "./rotationBench";
import { startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

const COUNT = 10;
const KEY1 = Buffer.alloc(32, 1).toString("base64");
/** As somebody kept it while it was commented out. */
const KEY0 = Buffer.alloc(32, 9).toString("base64");
const FILE = `# made by hand, see the wiki
kind: EncryptionConfig
apiVersion: v1
resources:
  - resources: [secrets] # not configmaps
    providers: &ours
      - secretbox:
          keys:
            - name: key1
              secret: ${KEY1}
            # - name: key0
            #   secret: ${KEY0}
      - identity: {}
  - resources: [configmaps]
    providers: *ours
`;

describe("a file of the form that EncryptionConfiguration had long ago, with comments and an anchor", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  const said: string[] = [];
  const file = (): string => fs.readFileSync(world.targets[0]?.file ?? "", "utf8");
  const under = (key: string): Record<string, number> => ({ [`k8s:enc:secretbox:v1:${key}:`]: COUNT });
  const lost = (): string =>
    `${[
      "the file says apiVersion v1, kind EncryptionConfig, which API servers still read; the next write brings it to apiserver.config.k8s.io/v1, EncryptionConfiguration",
      `file ${world.targets[0]?.file}: the next write drops 4 comment lines and 1 anchor; copy what you need first`,
    ].join("\n")}`;

  beforeAll(async () => {
    world = await startRotationWorld({ encryption: { text: FILE } });
    await createSecrets(world.cluster, COUNT);
    stack = await world.stack("former-form");
  });
  afterAll(() => world.end());

  const key1 = { name: "key1", cipher: "secretbox" as const, secret: KEY1 };

  test("T1: with nothing to write, every object is proven under that very file, which stays as it is; nothing is said to be lost", async () => {
    const run = await stack.up({ keys: { write: key1, read: ["identity"] } });
    said.push(run.everything);
    expect(run.plans).toEqual({ migrate: [expect.stringContaining("rewrite every object of secrets")] });
    expect(run.outputs["objectsRewritten"]).toBe(COUNT);
    expect(run.messages.join("\n")).not.toContain("the next write");
    expect(file()).toBe(FILE);
    const again = await stack.preview({ keys: { write: key1, read: ["identity"] } });
    expect(new Set(Object.values(again.operations))).toEqual(new Set(["same"]));
  });

  test("T2: before the first write preview says what it changes besides keys, and nothing of a comment's text", async () => {
    const run = await stack.preview({ keys: { write: "key2", archive: ["key1"] } });
    said.push(run.everything);
    expect(run.messages.join("\n")).toContain(lost());
    expect(file()).toBe(FILE);
  });

  test("T3: a first write that the API server refuses is rolled back to the byte, comments and form too", async () => {
    const nobody = { kms: { name: "vault", endpoint: `unix://${world.dir}/nobody.sock` } };
    const refusal = await stack.refused(stack.up({ keys: { write: nobody, read: ["key1"] } }));
    said.push(refusal);
    expect(refusal).toMatch(/the last good file is back in file .*, with which every API server runs again,/s);
    expect(file()).toBe(FILE);
    expect(await prefixes(world.cluster)).toEqual(under("key1"));
  });

  test("T4: the rotation goes to its end: the file has the current form, and every object is proven under the new key", async () => {
    const args = { keys: { write: "key2", archive: ["key1"] } };
    const planned = await stack.preview(args);
    const run = await stack.up(args);
    said.push(run.everything);
    expect(run.plans).toEqual(planned.plans);
    expect(Object.keys(run.plans)).toEqual(["distribute", "promote", "migrate", "retire"]);
    expect(run.outputs).toMatchObject({ keyOrder: { secrets: ["secretbox:key2"] }, objectsRewritten: COUNT });
    expect(await prefixes(world.cluster)).toEqual(under("key2"));
    expect(file()).toMatch(/^apiVersion: apiserver.config.k8s.io\/v1\nkind: EncryptionConfiguration\n/);
    expect(file()).not.toMatch(/[#&]/);
  });

  test("T5: the next rotation has nothing of it to say; no comment's text, and no key in it, was printed", async () => {
    const run = await stack.preview({ keys: { write: "key3", read: ["key2"], archive: ["key1"] } });
    said.push(run.everything);
    expect(run.plans).not.toEqual({});
    expect(run.messages.join("\n")).not.toContain("the next write");
    for (const secret of [KEY0, KEY0.slice(0, 20), "the wiki", "not configmaps"]) {
      expect(said.join("\n").includes(secret)).toBe(false);
    }
  });
});
