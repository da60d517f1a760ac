import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import type { NamedKeyArgs } from "../../../components";
import { asRotationArgs, checkStackConfig, readStackConfig } from "../../../config";
import type { RotationConfig } from "../../../config/rotations";
import { messageOf } from "../fixtures";

const rotation: RotationConfig = {
  name: "secrets",
  resources: ["secrets"],
  keys: { write: "2026-11", read: ["2026-08"] },
  targets: [{ file: "/etc/kubernetes/enc/config.yaml" }],
};
const withRotation = (more: object) => ({ rotations: [{ ...rotation, ...more }] });
const base64 = Buffer.alloc(32, 7).toString("base64");

test("the smallest configuration: one rotation with name, resources, keys and targets, and no CRD", () => {
  expect(checkStackConfig({ rotations: [rotation] })).toEqual([]);
});

test("every key that the schema knows passes together", () => {
  const ssh = {
    host: "cp-2",
    port: 22,
    user: "root",
    path: "/etc/enc.yaml",
    agent: true,
    hostKey: "SHA256:x",
    timeout: 9,
  };
  const commands = { read: ["get"], write: ["put", "x"], name: "vault", timeout: 60 };
  const all = {
    keys: {
      write: { kms: { name: "vault", endpoint: "unix:///run/kms.sock", timeout: "3s" } },
      read: [{ name: "2026-08", cipher: "aescbc", given: true }, "identity"],
      archive: ["2026-05"],
    },
    cipher: "aesgcm",
    targets: [{ file: "a", reload: ["systemctl", "restart", "kube-apiserver"] }, { ssh }, { commands }],
    stopAfter: "migrate",
    migrator: "direct",
    requestTimeoutSeconds: 60,
    compactionIntervalSeconds: 300,
    decommissionedServers: ["cp-3"],
    maxKeyAgeDays: 90,
    recordIn: "kube-system",
    backup: { command: ["etcdctl", "snapshot", "save", "etcd.db"] },
    audit: { endpoints: ["https://127.0.0.1:2379"], caFile: "a", certFile: "b", keyFile: "c", prefix: "/registry" },
  };
  expect(checkStackConfig({ ...withRotation(all), encryptionKeys: { "2026-08": base64 } })).toEqual([]);
});

test.each<[string, Record<string, unknown>, string]>([
  [
    "no keys",
    { rotations: [{ ...rotation, keys: undefined }] },
    "rotations.0 (secrets): keys is missing; see config/schema.json",
  ],
  ["no write key", withRotation({ keys: {} }), "rotations.0 (secrets).keys: write is missing; see config/schema.json"],
  [
    "an unknown cipher",
    withRotation({ cipher: "des" }),
    'rotations.0 (secrets).cipher: found "des"; expected one of secretbox, aescbc, aesgcm',
  ],
  [
    "a secret beside a key's name, which is not repeated",
    withRotation({ keys: { write: { name: "a", secret: base64 } } }),
    "rotations.0 (secrets).keys.write: unknown key secret; expected one of name, cipher, given, kms",
  ],
  [
    "a key of the wrong type, which is not repeated",
    withRotation({ keys: { write: 7 } }),
    "rotations.0 (secrets).keys.write: found a number; expected string,object",
  ],
  [
    "a key without a name",
    withRotation({ keys: { write: { cipher: "aescbc" } } }),
    "rotations.0 (secrets).keys.write: found none of name, kms; expected exactly one",
  ],
  [
    "a given key whose bytes are not there",
    withRotation({ keys: { write: "b", read: [{ name: "a", given: true }] } }),
    "rotations.0 (secrets).keys.read.0: given is true, and encryptionKeys has no a; expected its base64; pulumi config set --secret --path 'encryptionKeys[\"a\"]' reads it from standard input",
  ],
  [
    "bytes that are no text, which are not repeated",
    { rotations: [rotation], encryptionKeys: { a: 12345 } },
    "encryptionKeys.a: found a number; expected string",
  ],
  [
    "a host without its key",
    withRotation({ targets: [{ ssh: { host: "a", path: "/b" } }] }),
    "rotations.0 (secrets).targets.0.ssh: hostKey is missing; see config/schema.json",
  ],
  [
    "a target of two kinds",
    withRotation({ targets: [{ file: "a", commands: { read: ["a"], write: ["b"] } }] }),
    "rotations.0 (secrets).targets.0: found file and commands of file, ssh, commands; expected exactly one",
  ],
  [
    "an unknown phase",
    withRotation({ stopAfter: "drop" }),
    'rotations.0 (secrets).stopAfter: found "drop"; expected one of distribute, promote, migrate, retire',
  ],
  [
    "two of one name",
    { rotations: [rotation, rotation] },
    "rotations: the name secrets stands there more than once; expected each once; rename one",
  ],
])("%s is an error that names it", (_what, found, problem) => {
  expect(checkStackConfig(JSON.parse(JSON.stringify(found)) as Record<string, unknown>)).toEqual([problem]);
});

describe("asRotationArgs", () => {
  const args = { resources: ["secrets"], targets: rotation.targets };

  test("names stay names, and the cluster goes along", () => {
    const keys = { write: "2026-11", read: ["2026-08"], archive: [] };
    expect(asRotationArgs(rotation, { context: "prod" })).toEqual({ ...args, keys, context: "prod" });
  });

  test("a given key's bytes come from encryptionKeys, as a secret", async () => {
    const keys = { write: { name: "a", cipher: "aescbc" as const, given: true } };
    const { write } = asRotationArgs({ ...rotation, keys }, undefined, { a: base64 }).keys;
    const { secret } = write as NamedKeyArgs;
    expect(await pulumi.isSecret(pulumi.output(secret))).toBe(true);
    expect(write).toEqual({ name: "a", cipher: "aescbc", secret });
  });

  test("the contents of etcd's certificates are read, as a secret; one that is not there is named", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "config-"));
    const keyFile = path.join(folder, "etcd.key");
    fs.writeFileSync(keyFile, "PEM");
    const { audit } = asRotationArgs({ ...rotation, audit: { endpoints: ["https://a"], keyFile } }, undefined);
    expect(await pulumi.isSecret(audit as pulumi.Output<object>)).toBe(true);
    fs.rmSync(folder, { recursive: true });
    const missing = { ...rotation, audit: { endpoints: ["https://a"], caFile: "missing.pem" } };
    expect(messageOf(() => asRotationArgs(missing, undefined))).toBe(
      "audit.caFile is missing.pem, which cannot be read; expected a PEM file, relative to the project",
    );
  });
});

test("the schema describes every key of a rotation", () => {
  const schema = JSON.parse(fs.readFileSync("config/schema.json", "utf8")) as {
    properties: { rotations: { items: { properties: Record<string, { description?: string }> } } };
  };
  expect(Object.values(schema.properties.rotations.items.properties).every(({ description }) => description)).toBe(
    true,
  );
});

test("encryptionKeys that are no object are an error that does not repeat them", () => {
  void pulumi.runtime.setMocks(
    { call: () => ({}), newResource: ({ inputs }) => ({ id: "", state: inputs as object }) },
    "program",
  );
  pulumi.runtime.setAllConfig({ "program:rotations": JSON.stringify([rotation]), "program:encryptionKeys": base64 });
  expect(messageOf(readStackConfig)).toBe("stack configuration:\n  encryptionKeys: found a string; expected object");
});
