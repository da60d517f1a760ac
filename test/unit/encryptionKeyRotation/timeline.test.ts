import type { EncryptionConfiguration } from "../../../components/encryptionKeyRotation/configuration/configuration";
import type { DesiredKeys } from "../../../components/encryptionKeyRotation/desiredKeys";
import {
  planDistribute,
  planRotationMigrate,
  planPromote,
  planRetire,
  planSplitEntries,
} from "../../../components/encryptionKeyRotation/plan";
import { readDesiredKeys } from "../../../components/encryptionKeyRotation/readDesiredKeys";
import { configurationAtStage } from "../../../components/encryptionKeyRotation/stages";
import { after, entry, file, told, want } from "./situations";

const facts = { resources: ["secrets"], proven: [], how: "directly" };

function plan(live: EncryptionConfiguration, desired: DesiredKeys): string[] {
  return [
    ...planDistribute(live, desired),
    ...planPromote(live, desired),
    ...planRotationMigrate(live, desired, facts),
    ...planRetire(live, desired),
  ];
}

function timeline(live: EncryptionConfiguration, desired: DesiredKeys): string[][] {
  const distributed = after("distribute", live, desired);
  const promoted = after("promote", distributed, desired);
  return [distributed, promoted, after("retire", promoted, desired)].map(told);
}

test("the tutorial's key1 to key2: read by all, then written, then alone", () => {
  const live = file(entry("secrets", "aescbc:key1 identity"));
  const desired = want("secrets", "aescbc:key2");
  expect(timeline(live, desired)).toEqual([
    ["secrets = aescbc:key1 aescbc:key2 identity"],
    ["secrets = aescbc:key2 aescbc:key1 identity"],
    ["secrets = aescbc:key2"],
  ]);
  expect(plan(live, desired)).toEqual([
    "secrets: [aescbc:key1, identity] → [aescbc:key1, aescbc:key2, identity]: every API server learns to read aescbc:key2; aescbc:key1 goes on writing",
    "secrets: [aescbc:key1, aescbc:key2, identity] → [aescbc:key2, aescbc:key1, identity]: aescbc:key2 writes; everything stays readable",
    "aescbc:key1, identity → aescbc:key2: rewrite every object of secrets directly",
    "secrets: [aescbc:key2, aescbc:key1, identity] → [aescbc:key2]: aescbc:key1, identity can go once every object is proven to be written with aescbc:key2",
  ]);
});

test("a backup is planned where a key goes, and nowhere else", () => {
  const desired = want("secrets", "aescbc:key2");
  const backup = { command: ["etcdctl", "snapshot", "save", "etcd.db"] };
  const live = file(entry("secrets", "aescbc:key1 identity"));
  expect(planRetire(live, desired, backup)).toEqual(["etcd: back up by etcdctl first", ...planRetire(live, desired)]);
  expect(planRetire(file(entry("secrets", "aescbc:key2")), desired, backup)).toEqual([]);
});

test("a plain cluster's first encryption: plain data writes until every server reads the key", () => {
  expect(timeline(file(), want("secrets databases.example.com", "secretbox:2026-11"))).toEqual([
    ["secrets databases.example.com = identity secretbox:2026-11"],
    ["secrets databases.example.com = secretbox:2026-11 identity"],
    ["secrets databases.example.com = secretbox:2026-11"],
  ]);
});

test("back to plain: plain data is read by all, then written, then alone", () => {
  expect(timeline(file(entry("secrets", "secretbox:a")), want("secrets", "identity"))).toEqual([
    ["secrets = secretbox:a identity"],
    ["secrets = identity secretbox:a"],
    ["secrets = identity"],
  ]);
});

test("another cipher is a rotation like any other", () => {
  expect(timeline(file(entry("secrets", "aescbc:key1 identity")), want("secrets", "secretbox:n", "identity"))).toEqual([
    ["secrets = aescbc:key1 secretbox:n identity"],
    ["secrets = secretbox:n aescbc:key1 identity"],
    ["secrets = secretbox:n identity"],
  ]);
});

test("to KMS and back", () => {
  const [, , alone] = timeline(file(entry("secrets", "secretbox:a")), want("secrets", "kms:vault"));
  expect(alone).toEqual(["secrets = kms:vault"]);
  expect(timeline(file(entry("secrets", "kms:vault")), want("secrets", "secretbox:b", "kms:vault"))[2]).toEqual([
    "secrets = secretbox:b kms:vault",
  ]);
});

test("a resource leaves the entry it shares; the others keep theirs", () => {
  const live = file(entry("secrets configmaps", "secretbox:a identity"), entry("*.*", "aescbc:all"));
  expect(timeline(live, want("secrets", "secretbox:b"))[2]).toEqual([
    "secrets = secretbox:b",
    "configmaps = secretbox:a identity",
    "*.* = aescbc:all",
  ]);
  expect(planSplitEntries(live, want("secrets", "secretbox:b"))).toEqual(["configmaps"]);
});

test("a resource under a wildcard gets an entry before it, which begins with the wildcard's keys", () => {
  const live = file(
    entry("widgets.example.com", "identity"),
    entry("*.apps", "secretbox:x"),
    entry("*.*", "aescbc:all"),
  );
  expect(timeline(live, want("secrets *.example.com deployments.apps", "secretbox:b"))[1]).toEqual([
    "widgets.example.com = identity",
    "deployments.apps = secretbox:b secretbox:x",
    "*.apps = secretbox:x",
    "secrets *.example.com = secretbox:b aescbc:all",
    "*.* = aescbc:all",
  ]);
});

test("a resource in two entries has the keys of both; they become one entry", () => {
  const live = file(entry("secrets configmaps", "secretbox:a"), entry("secrets", "aescbc:b identity"));
  expect(timeline(live, want("secrets", "secretbox:c"))[0]).toEqual([
    "secrets = secretbox:a secretbox:c aescbc:b identity",
    "configmaps = secretbox:a",
  ]);
});

test("a name in read keeps the cipher the file holds it under, unless the arguments name one", () => {
  const live = file(entry("secrets", "aescbc:key1 identity"));
  const read = readDesiredKeys({ resources: ["secrets"], keys: { write: "n", read: ["key1"] } });
  const material = { n: Buffer.alloc(32, 1).toString("base64"), key1: Buffer.alloc(32, 2).toString("base64") };
  const distributed = configurationAtStage("distribute", live, read, material);
  expect(told(distributed)).toEqual(["secrets = aescbc:key1 secretbox:n identity"]);
  const promoted = configurationAtStage("promote", distributed, read);
  expect(told(configurationAtStage("retire", promoted, read))).toEqual(["secrets = secretbox:n aescbc:key1"]);
});

test("a key that one entry of ours holds goes to the others with the file's bytes, not with bytes made here", () => {
  const live = file(entry("secrets", "secretbox:a"), entry("configmaps", "identity"));
  const desired = want("secrets configmaps", "identity", "secretbox:a");
  const distributed = configurationAtStage("distribute", live, desired, { a: Buffer.alloc(32, 9).toString("base64") });
  expect(distributed).toEqual(
    file(entry("secrets", "secretbox:a identity"), entry("configmaps", "identity secretbox:a")),
  );
});

describe("a rotation from 2026-08 to 2026-11 on a shared file", () => {
  const T0 = file(entry("secrets", "secretbox:2026-08"));
  const desired = want("secrets", "secretbox:2026-11", "", ["2026-08"]);
  const T1 = after("distribute", T0, desired);

  test("T1: distributed; the next run has only promote, migrate and retire ahead", () => {
    expect(planDistribute(T1, desired)).toEqual([]);
    expect(planPromote(T1, desired)).toEqual(planPromote(T0, desired));
  });

  test("T2: someone names 2027-02 before the first was promoted: both come to be read, the newest writes, then is alone", () => {
    const next = want("secrets", "secretbox:2027-02");
    expect(timeline(T1, next)).toEqual([
      ["secrets = secretbox:2026-08 secretbox:2026-11 secretbox:2027-02"],
      ["secrets = secretbox:2027-02 secretbox:2026-08 secretbox:2026-11"],
      ["secrets = secretbox:2027-02"],
    ]);
  });

  test("T3: promoted, then back to 2026-08 while it is there: the same road", () => {
    const T3 = after("promote", T1, desired);
    expect(timeline(T3, want("secrets", "secretbox:2026-08"))).toEqual([
      ["secrets = secretbox:2026-11 secretbox:2026-08"],
      ["secrets = secretbox:2026-08 secretbox:2026-11"],
      ["secrets = secretbox:2026-08"],
    ]);
  });

  test("an archived key goes from the file, and the plan says that the bytes made here stay", () => {
    expect(planRetire(T0, desired)).toEqual([
      "secrets: [secretbox:2026-11, secretbox:2026-08] → [secretbox:2026-11]: secretbox:2026-08 can go once every object is proven to be written with secretbox:2026-11; archive keeps the bytes made here for secretbox:2026-08",
    ]);
  });

  test("promote before distribute and retire before promote are refused", () => {
    expect(() => configurationAtStage("promote", T0, desired)).toThrow(
      "secrets: secretbox:2026-11 is not in the file\n  expected: that distribute has run",
    );
    expect(() => configurationAtStage("retire", T1, desired)).toThrow(
      "secrets: secretbox:2026-08 writes, not secretbox:2026-11\n  expected: that promote has run",
    );
  });

  test("distribute without the key's material is refused", () => {
    expect(() => configurationAtStage("distribute", T0, desired)).toThrow("secretbox:2026-11: no material for it");
  });
});

describe("planMigrate", () => {
  const live = file(entry("secrets", "secretbox:a"), entry("*.", "secretbox:a"));
  const desired = want("*.", "secretbox:b", "");
  const promoted = after("promote", after("distribute", live, desired), desired);
  const resources = ["configmaps", "pods"];

  test("names the pattern while all of it is due, and the resources once some are proven", () => {
    const all = { resources, proven: [], how: "directly" };
    expect(planRotationMigrate(live, desired, all)).toEqual([
      "secretbox:a → secretbox:b: rewrite every object of *. directly",
    ]);
    expect(planRotationMigrate(promoted, desired, { ...all, proven: ["pods"] })).toEqual([
      "secretbox:a → secretbox:b: rewrite every object of configmaps directly",
    ]);
    expect(planRotationMigrate(promoted, desired, { ...all, proven: resources })).toEqual([]);
  });

  test("a resource that is rewritten in another way has a sentence of its own, and the pattern stays for the others", () => {
    const [how, directly] = ["by a StorageVersionMigration", "directly (it would convert)"];
    const all = { resources, proven: [], how, otherwise: { pods: directly } };
    expect(planRotationMigrate(live, desired, all)).toEqual([
      `secretbox:a → secretbox:b: rewrite every object of *. ${how}`,
      `secretbox:a → secretbox:b: rewrite every object of pods ${directly}`,
    ]);
    expect(planRotationMigrate(promoted, desired, { ...all, proven: ["configmaps"] })).toEqual([
      `secretbox:a → secretbox:b: rewrite every object of pods ${directly}`,
    ]);
  });

  test("a proof for a key that does not write any more counts for nothing", () => {
    expect(planRotationMigrate(live, desired, { resources, proven: resources, how: "directly" })).toHaveLength(1);
  });

  test("a new key id of the same KMS provider starts it with no edit of the file", () => {
    const kms = file(entry("secrets", "kms:vault"));
    const same = want("secrets", "kms:vault");
    expect(plan(kms, same)).toEqual([
      "kms:vault under earlier key ids → kms:vault: rewrite every object of secrets directly",
    ]);
  });
});

test("a KMS provider's new timeout is an edit of distribute, and its proof is kept", () => {
  const live = file(entry("secrets", "kms:vault"));
  const kms = { name: "vault", endpoint: "unix:///run/vault.sock", timeout: "10s" };
  const desired = readDesiredKeys({ resources: ["secrets"], keys: { write: { kms } } });
  expect(planDistribute(live, desired)).toEqual(["kms:vault: timeout 3s → 10s"]);
  expect(configurationAtStage("distribute", live, desired).entries[0]?.providers).toEqual([
    { kind: "kms", version: "v2", ...kms },
  ]);
  expect(planPromote(live, desired)).toEqual([]);
});
