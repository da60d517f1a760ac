import * as pulumi from "@pulumi/pulumi";
import { EncryptionKeyRotation, type EncryptionKeyRotationArgs } from "../../../components";
import { digestKeyBytes } from "../../../components/encryptionKeyRotation/configuration/keyBytes";
import { ROTATION_PHASES } from "../../../components/encryptionKeyRotation/phase";
import { ran, type Registered } from "../program";

const target = { file: "/etc/kubernetes/enc/config.yaml" };
const bytes = Buffer.alloc(32, 7).toString("base64");
const args: EncryptionKeyRotationArgs = { resources: ["secrets"], keys: { write: "2026-11" }, targets: [target] };

/** https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/rpc.ts, specialSigKey */
const SECRET = "4dabf18193072939515e22adb298388d";

async function resourcesOf(more: Partial<EncryptionKeyRotationArgs> = {}): Promise<Map<string, Registered>> {
  const rotation = (): pulumi.Resource[] => {
    const made = new EncryptionKeyRotation("keys", { ...args, ...more });
    return [made, ...Object.values(made.phases)];
  };
  return (await ran({}, { RandomBytes: { base64: bytes } }, rotation)).resources;
}

test("a rotation is itself, its keys and four phases: names and type tokens are public API", async () => {
  const type = "pulumi-nodejs:dynamic/kubernetes-storage-migration";
  const resources = [...(await resourcesOf()).values()];
  expect(resources.map((resource) => `${resource.type} ${resource.name}`)).toEqual([
    "kubernetes-storage-migration:index:EncryptionKeyRotation keys",
    "random:index/randomBytes:RandomBytes keys-key-2026-11",
    `${type}:Distribute keys-distribute`,
    `${type}:Promote keys-promote`,
    `${type}:MigrateKeys keys-migrate`,
    `${type}:Retire keys-retire`,
  ]);
  expect(resources.slice(1).map(({ parent }) => parent)).toEqual(Array<string>(5).fill("keys"));
});

test("each phase waits for the one before it", async () => {
  const resources = await resourcesOf();
  const ahead = ROTATION_PHASES.map((phase) => resources.get(`keys-${phase}`)?.dependsOn);
  expect(ahead.map((names) => names?.filter((name) => name !== "keys-key-2026-11"))).toEqual([
    [],
    ["keys-distribute"],
    ["keys-promote"],
    ["keys-migrate"],
  ]);
});

describe("keys", () => {
  test("each name, archived ones too, is made once, 32 bytes, protected, and never replaced", async () => {
    const resources = await resourcesOf({ keys: { write: "b", read: ["a", "identity"], archive: ["z"] } });
    const keys = [...resources.values()].filter(({ type }) => type.startsWith("random:"));
    expect(keys.map(({ name, inputs, protect }) => [name, inputs["length"], protect])).toEqual([
      ["keys-key-b", 32, true],
      ["keys-key-a", 32, true],
      ["keys-key-z", 32, true],
    ]);
    for (const { ignoreChanges } of keys) expect(ignoreChanges).toEqual(["length", "keepers"]);
  });

  test("only distribute is given bytes, and none of an archived key; the others know names", async () => {
    const resources = await resourcesOf({ keys: { write: "b", read: ["a"], archive: ["z"] } });
    const inputs = (phase: string): Record<string, unknown> => resources.get(`keys-${phase}`)?.inputs ?? {};
    // As the engine is given it: a secret as a whole, whatever in it is one.
    expect(inputs("distribute")["material"]).toMatchObject({
      [SECRET]: expect.any(String),
      value: { b: bytes, a: bytes },
    });
    expect(JSON.stringify(inputs("distribute")["archived"])).toContain(digestKeyBytes(bytes));
    expect(JSON.stringify(inputs("distribute")["archived"])).not.toContain(bytes);
    for (const phase of ["promote", "migrate", "retire"]) expect(inputs(phase)).not.toHaveProperty("material");
  });

  test("a given key is made by nobody", async () => {
    const write = { name: "key1", cipher: "aescbc" as const, secret: Buffer.alloc(32, 1).toString("base64") };
    const resources = await resourcesOf({ keys: { write } });
    expect([...resources.keys()].filter((name) => name.includes("-key-"))).toEqual([]);
    expect(resources.get("keys-promote")?.inputs["desired"]).toMatchObject({
      write: { kind: "aescbc", name: "key1", given: true },
    });
    expect(JSON.stringify(resources.get("keys-promote")?.inputs)).not.toContain(write.secret);
  });

  test("plain data and a KMS plugin have no bytes here", async () => {
    const kms = { kms: { name: "vault", endpoint: "unix:///var/run/kms.sock" } };
    const resources = await resourcesOf({ keys: { write: kms, read: ["identity"] } });
    expect([...resources.keys()].filter((name) => name.includes("-key-"))).toEqual([]);
  });
});

test("no target at all, where every key is a KMS plugin's: the file cannot be reached, and its socket is nobody's business", async () => {
  const write = { kms: { name: "vault" } };
  const resources = await resourcesOf({ targets: [], keys: { write, read: [{ kms: { name: "before" } }] } });
  expect(resources.get("keys-migrate")?.inputs).toMatchObject({ targets: [], desired: { write: { name: "vault" } } });
});

test("stopAfter holds what comes after it", async () => {
  const resources = await resourcesOf({ stopAfter: "promote" });
  const held = ROTATION_PHASES.map((phase) => resources.get(`keys-${phase}`)?.inputs["heldBy"]);
  expect(held).toEqual([undefined, undefined, "promote", "promote"]);
});

test("distribute is told what only later phases act on, where it is given: a saved plan is held to it before the first write", async () => {
  const given: Partial<EncryptionKeyRotationArgs> = {
    ...{ stopAfter: "promote", compactionIntervalSeconds: 30, requireAcknowledgement: true },
    acknowledge: [{ check: "key-retired", path: "identity", reason: "all is encrypted" }],
    backup: { command: ["etcdctl"] },
  };
  expect((await resourcesOf(given)).get("keys-distribute")?.inputs).toMatchObject(given);
  const inputs = (await resourcesOf({})).get("keys-distribute")?.inputs ?? {};
  expect(Object.keys(inputs).filter((key) => key in given)).toEqual([]);
});

test("retire is told what needs the user's word, and what they said, where there is any", async () => {
  const given: Partial<EncryptionKeyRotationArgs> = {
    acknowledge: [{ check: "key-retired", path: "identity", reason: "all is encrypted" }],
    requireAcknowledgement: true,
  };
  expect((await resourcesOf(given)).get("keys-retire")?.inputs).toMatchObject(given);
  const inputs = (await resourcesOf({ acknowledge: [], requireAcknowledgement: false })).get("keys-retire")?.inputs;
  expect(Object.keys(inputs ?? {}).filter((key) => key in given)).toEqual([]);
});

test("retire is told of a backup where one is wanted, and has no such input else", async () => {
  const backup = { command: ["etcdctl", "snapshot", "save", "etcd.db"] };
  expect((await resourcesOf({ backup })).get("keys-retire")?.inputs).toMatchObject({ backup });
  expect((await resourcesOf()).get("keys-retire")?.inputs).not.toHaveProperty("backup");
});

describe("refused, on the component's row", () => {
  test.each<[string, object, string | RegExp]>([
    [
      "a misspelt argument, which would hold nothing back",
      { stopafter: "migrate" },
      /^unknown argument stopafter; expected only acknowledge, audit, backup, cipher, clusterId, /,
    ],
    [
      "an unknown phase",
      { stopAfter: "drop" },
      "stopAfter is drop; expected one of distribute, promote, migrate, retire",
    ],
    ["no targets", { targets: undefined }, /^targets is missing; expected every place from which an API server loads/],
    [
      "no target, and keys that only the file could change",
      { targets: [], keys: { write: "2026-11", read: ["identity", { kms: { name: "vault" } }] } },
      /targets is empty, and keys\.write is "2026-11", keys\.read\[0\] is "identity"; .*\[\] is for a cluster whose file cannot be reached/,
    ],
    [
      "a KMS plugin without its socket, where there is a file",
      { keys: { write: { kms: { name: "vault" } } } },
      /keys\.write\.kms\.endpoint: found ""; expected unix:/,
    ],
    [
      "a backup by files, which would hold secrets in clear",
      { backup: { directory: "backups" } },
      /^backup\.directory is given; expected backup: \{ command: .*; files of these objects would hold secrets in clear; take `directory` out/,
    ],
    ["an unknown migrator", { migrator: "kubectl" }, "migrator is kubectl; expected in-tree or direct"],
    [
      "a wait of no length",
      { requestTimeoutSeconds: 0, compactionIntervalSeconds: 0.5, maxKeyAgeDays: -1 },
      /^requestTimeoutSeconds is 0; .*\ncompactionIntervalSeconds is 0\.5; .*\nmaxKeyAgeDays is -1; /,
    ],
    [
      "an acknowledgement of another check, and a requirement as text",
      { acknowledge: [{ check: "version-dropped", path: "v1", reason: "-" }], requireAcknowledgement: "yes" },
      "acknowledge[0].check is version-dropped\n  expected: key-retired\nrequireAcknowledgement is of type string\n  expected: true or false",
    ],
    ["no write key", { keys: {} }, /keys\.write: found none; expected the name of the key that writes/],
    ["no keys at all", { keys: undefined }, /keys\.write: found none/],
    ["an unknown cipher", { cipher: "rot13" }, /rot13/],
    ["a key named twice", { keys: { write: "a", read: ["a"] } }, /"a"|: a|a /],
  ])("%s", (_, more, expected) => {
    void pulumi.runtime.setMocks({
      call: () => ({}),
      newResource: ({ inputs, name }) => ({ id: name, state: inputs as Record<string, unknown> }),
    });
    const make = (): unknown => new EncryptionKeyRotation("keys", { ...args, ...more });
    expect(make).toThrow(expected);
    expect(make).toThrow(pulumi.ResourceError);
  });
});
