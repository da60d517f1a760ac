import * as fs from "fs";
import type { KeyAcknowledgement } from "../../components";
import type { RetireInputs } from "../../components/encryptionKeyRotation/inputs";
import { NO_HOLD } from "../../components/kubernetes/lockHold";
import { readDesiredKeys } from "../../components/encryptionKeyRotation/readDesiredKeys";
import { retire } from "../../components/encryptionKeyRotation/retire/retire";
import { Cluster } from "../../components/kubernetes/cluster";
import type { PhaseWork } from "../../components/provider/phaseLogic";
import { createSecrets, getRaw, prefixes, putRaw, secretbox } from "./rotationBench";
import { COMPACTION_SECONDS, startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

const COUNT = 12;
const FORMER = "/registry/secrets/default/s-0003";
const under = (key: string): Record<string, number> => ({ [`k8s:enc:${key}:`]: COUNT });

describe("a rotation that does not go straight through", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  /** One Secret as etcd holds it, under an earlier key. */
  let former: string;
  const path = (): string => world.targets[0]?.file ?? "";
  const file = (): string => fs.readFileSync(path(), "utf8");
  const readable = async (): Promise<void> => {
    const { items } = await world.cluster.client.get("/api/v1/namespaces/default/secrets");
    expect(items).toHaveLength(COUNT);
  };

  beforeAll(async () => {
    world = await startRotationWorld({ encryption: { text: secretbox("key1") } });
    await createSecrets(world.cluster, COUNT);
    stack = await world.stack("gates");
  });
  afterAll(() => world.end());

  test("T1: a key of a file made by hand is read on, and the bytes in the file are the key; held at promote, nothing is rewritten", async () => {
    const run = await stack.up({ keys: { write: "key2", read: ["key1"] }, stopAfter: "promote" });
    expect(run.messages.join("\n")).toContain("secretbox:key1 was not made here");
    expect(run.outputs["keyOrder"]).toEqual({ secrets: ["secretbox:key2", "secretbox:key1"] });
    expect(run.operations).toMatchObject({ distribute: "create", promote: "create" });
    expect(await prefixes(world.cluster)).toEqual(under("secretbox:v1:key1"));
    await readable();
  });

  test("T2: retire alone is refused without a proof: the old key still has objects", async () => {
    const before = file();
    const refusal = await stack.refused(stack.upOnly({ keys: { write: "key2" } }, "retire"));
    expect(refusal).toMatch(/secrets: found no valid proof that every object is written with secretbox:key2/);
    expect(refusal).toMatch(/secretbox:key1 may still be needed and stays/);
    expect(file()).toBe(before);
  });

  test("T3: a second rotation finishes the first: one up to a third key, and neither of the others is left", async () => {
    const run = await stack.up({ keys: { write: "key3", archive: ["key1", "key2"] } });
    expect(run.outputs["keyOrder"]).toEqual({ secrets: ["secretbox:key3"] });
    expect(await prefixes(world.cluster)).toEqual(under("secretbox:v1:key3"));
    expect(file()).not.toMatch(/key1|key2/);
  });

  test("T4: a file that the API server rejects is rolled back at once, and the error names the host", async () => {
    const before = file();
    const nobody = { kms: { name: "vault", endpoint: `unix://${world.dir}/nobody.sock` } };
    const keys = { write: nobody, read: ["key3"], archive: ["key1", "key2"] };
    const refusal = await stack.refused(stack.up({ keys }));
    expect(refusal).toMatch(
      /the last good file is back in file .*config\.yaml, with which every API server runs again, and no object was touched/s,
    );
    expect(file()).toBe(before);
    expect(await prefixes(world.cluster)).toEqual(under("secretbox:v1:key3"));
    await readable();
    // What a failed phase leaves in the state is sealed as well.
    const bytes = /[A-Za-z0-9+/]{43}=/.exec(before)?.[0] ?? "";
    expect(bytes).toHaveLength(44);
    expect(stack.state().includes(bytes)).toBe(false);
    expect(refusal.includes(bytes)).toBe(false);
  });

  test("T5: a reload command that fails on the new file has it rolled back too", async () => {
    const before = file();
    const targets = [{ file: path(), reload: ["sh", "-c", `! grep -q keyX "${path()}"`] }];
    const refusal = await stack.refused(
      stack.up({ keys: { write: "keyX", read: ["key3"], archive: ["key1", "key2"] }, targets }),
    );
    expect(refusal).toMatch(/reload.*the last good file is back in file /s);
    expect(file()).toBe(before);
  });

  test("T6: a name never comes back with other bytes: refused at preview", async () => {
    const other = { name: "key3", cipher: "secretbox" as const, secret: Buffer.alloc(32, 9).toString("base64") };
    const refusal = await stack.refused(stack.preview({ keys: { write: other, archive: ["key1", "key2", "keyX"] } }));
    expect(refusal).toMatch(/secretbox:key3: the file holds other bytes under this name/);
    expect(refusal).not.toContain(other.secret);
  });

  const given = { name: "key4", cipher: "aescbc" as const, secret: Buffer.alloc(32, 4).toString("base64") };

  test("T7: to another cipher, with a given key; changed by hand after the proof, the file keeps the old key", async () => {
    const keys = { write: given, read: ["key3"], archive: ["key1", "key2", "keyX"] };
    former = await getRaw(world.cluster, FORMER);
    await stack.up({ keys, stopAfter: "migrate" });
    expect(await prefixes(world.cluster)).toEqual(under("aescbc:v1:key4"));
    fs.writeFileSync(`${path()}.next`, `# by hand\n${file()}`, { mode: 0o600 });
    fs.renameSync(`${path()}.next`, path());
    const without = { write: given, archive: ["key1", "key2", "key3", "keyX"] };
    const refusal = await stack.refused(stack.upOnly({ keys: without }, "retire"));
    expect(refusal).toMatch(/found no valid proof/);
    expect(refusal).toMatch(/secrets: the file was changed since the proof/);
    expect(file()).toContain("key3");
  });

  test("T8: the next up proves again and retires it; what someone wrote under the old key meanwhile is found and rewritten", async () => {
    const keys = { write: given, archive: ["key1", "key2", "key3", "keyX"] };
    expect(Object.keys((await stack.preview({ keys })).plans)).toEqual(["migrate", "retire"]);
    await stack.up({ keys, stopAfter: "migrate" });
    // A server that came with another file and is gone again leaves nothing but what it wrote.
    await putRaw(world.cluster, FORMER, former);
    const preview = await stack.preview({ keys });
    expect(Object.keys(preview.plans)).toEqual(["retire"]);
    const run = await stack.up({ keys });
    expect(run.plans).toEqual(preview.plans);
    expect(file()).not.toContain("key3");
    expect(await prefixes(world.cluster)).toEqual(under("aescbc:v1:key4"));
    await readable();
  });

  test("T9: back to plain data, asked for by name; preview warns", async () => {
    const run = await stack.up({ keys: { write: "identity", archive: ["key1", "key2", "key3", "keyX"] } });
    expect(run.messages.join("\n")).toContain("every object will be stored as plain data");
    expect(await prefixes(world.cluster)).toEqual({ plain: COUNT });
    expect(file()).not.toMatch(/key\d|aescbc|secretbox/);
    await readable();
  });

  const archive = ["key1", "key2", "key3", "keyX"];
  const last = { keys: { write: "key5", archive }, requireAcknowledgement: true };
  const word = (path: string): KeyAcknowledgement => ({ check: "key-retired", path, reason: "all is encrypted" });
  const asked = /retire removes what no acknowledgement names:\n +identity\n/;

  test("T10: where retire needs a word, none and that of another key are refused at preview; held, it needs none", async () => {
    const before = file();
    expect(await stack.refused(stack.preview(last))).toMatch(asked);
    const refusal = await stack.refused(stack.preview({ ...last, acknowledge: [word("aescbc:key4")] }));
    expect(refusal).toContain("acknowledge names key-retired of aescbc:key4, and retire removes identity");
    expect(file()).toBe(before);
    await stack.up({ ...last, stopAfter: "migrate" });
    expect(await prefixes(world.cluster)).toEqual(under("secretbox:v1:key5"));
    expect(file()).toContain("identity");
  });

  test("T11: retire asks again before it writes: a run that no preview has seen retires nothing", async () => {
    const cluster = await Cluster.connect({ kubeconfig: world.cluster.kubeconfig });
    const before = file();
    const inputs: RetireInputs = {
      rotation: "secrets",
      desired: readDesiredKeys({ resources: ["secrets"], keys: last.keys }),
      ...{ targets: world.targets, recordIn: "kube-system", compactionIntervalSeconds: COMPACTION_SECONDS },
      ...{ cluster: {}, requestTimeoutSeconds: 3, decommissionedServers: [], requireAcknowledgement: true },
    };
    const quiet = (): void => undefined;
    const signal = new AbortController().signal;
    const work: PhaseWork = { cluster, report: quiet, warn: quiet, saveOutputs: quiet, signal, lock: NO_HOLD };
    await expect(retire.run(inputs, work)).rejects.toThrow(asked);
    expect(file()).toBe(before);
  });

  test("T12: one that names the key lets it go; the unchanged program has nothing to do, and is told to take it out", async () => {
    const args = { ...last, acknowledge: [word("identity")] };
    const run = await stack.up(args);
    expect(run.messages.join("\n")).toContain("identity: retire is acknowledged: all is encrypted");
    expect(file()).not.toContain("identity");
    await readable();
    const after = await stack.preview(args);
    expect(after.plans).toEqual({});
    expect(after.messages.join("\n")).toMatch(
      /acknowledge names key-retired of identity, and retire has nothing to do/,
    );
  });
});
