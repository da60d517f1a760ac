import * as fs from "fs";
import { createSecrets, prefixes } from "./rotationBench";
import { startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

const COUNT = 10;
const KEY1 = Buffer.alloc(32, 1).toString("base64");
const FILE = `kind: EncryptionConfig
apiVersion: v1
resources:
  - resources: [secrets]
    providers:
      - secretbox:
          keys:
            - name: key1
              secret: ${KEY1}
      - identity: {}
`;

describe("a file of the form that EncryptionConfiguration had long ago", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  const file = (): string => fs.readFileSync(world.targets[0]?.file ?? "", "utf8");
  const under = (key: string): Record<string, number> => ({ [`k8s:enc:secretbox:v1:${key}:`]: COUNT });
  const LOST =
    "the file says apiVersion v1, kind EncryptionConfig, which API servers still read; the next write brings it to apiserver.config.k8s.io/v1, EncryptionConfiguration";

  beforeAll(async () => {
    world = await startRotationWorld({ encryption: { text: FILE } });
    await createSecrets(world.cluster, COUNT);
    stack = await world.stack("former-form");
  });
  afterAll(() => world.end());

  const key1 = { name: "key1", cipher: "secretbox" as const, secret: KEY1 };

  test("T1: with nothing to write, every object is proven under that very file, which stays as it is; nothing is said to be lost", async () => {
    const run = await stack.up({ keys: { write: key1, read: ["identity"] } });
    expect(run.plans).toEqual({ migrate: [expect.stringContaining("rewrite every object of secrets")] });
    expect(run.outputs["objectsRewritten"]).toBe(COUNT);
    expect(run.messages.join("\n")).not.toContain("the next write");
    expect(file()).toBe(FILE);
    const again = await stack.preview({ keys: { write: key1, read: ["identity"] } });
    expect(new Set(Object.values(again.operations))).toEqual(new Set(["same"]));
  });

  test("T2: before the first write preview says what it changes besides keys", async () => {
    const run = await stack.preview({ keys: { write: "key2", archive: ["key1"] } });
    expect(run.messages.join("\n")).toContain(LOST);
    expect(file()).toBe(FILE);
  });

  test("T3: a first write that the API server refuses is rolled back to the byte, in the form it had", async () => {
    const nobody = { kms: { name: "vault", endpoint: `unix://${world.dir}/nobody.sock` } };
    const refusal = await stack.refused(stack.up({ keys: { write: nobody, read: ["key1"] } }));
    expect(refusal).toMatch(/the last good file is back in file .*, with which every API server runs again,/s);
    expect(file()).toBe(FILE);
    expect(await prefixes(world.cluster)).toEqual(under("key1"));
  });

  test("T4: the rotation goes to its end: the file has the current form, and every object is proven under the new key", async () => {
    const args = { keys: { write: "key2", archive: ["key1"] } };
    const planned = await stack.preview(args);
    const run = await stack.up(args);
    expect(run.plans).toEqual(planned.plans);
    expect(Object.keys(run.plans)).toEqual(["distribute", "promote", "migrate", "retire"]);
    expect(run.outputs).toMatchObject({ keyOrder: { secrets: ["secretbox:key2"] }, objectsRewritten: COUNT });
    expect(await prefixes(world.cluster)).toEqual(under("key2"));
    expect(file()).toMatch(/^apiVersion: apiserver.config.k8s.io\/v1\nkind: EncryptionConfiguration\n/);
  });

  test("T5: the next rotation has nothing of it to say", async () => {
    const run = await stack.preview({ keys: { write: "key3", read: ["key2"], archive: ["key1"] } });
    expect(run.plans).not.toEqual({});
    expect(run.messages.join("\n")).not.toContain("the next write");
  });
});
