import { checkArguments } from "../../../components/encryptionKeyRotation/checks/arguments";
import { checkRotation, type Findings } from "../../../components/encryptionKeyRotation/checks/checkRotation";
import { whyKeysNotFileless } from "../../../components/encryptionKeyRotation/checks/filelessKeys";
import { checkKeyAge } from "../../../components/encryptionKeyRotation/checks/keyAge";
import { checkProvenToRetire } from "../../../components/encryptionKeyRotation/checks/provenToRetire";
import type { EncryptionConfiguration } from "../../../components/encryptionKeyRotation/configuration/configuration";
import { digestKeyBytes } from "../../../components/encryptionKeyRotation/configuration/keyBytes";
import type { RotationInput } from "../../../components/encryptionKeyRotation/desiredKeys";
import { readDesiredKeys } from "../../../components/encryptionKeyRotation/readDesiredKeys";
import { after, entry, file, secretOf, want } from "./situations";

function ask(keys: RotationInput["keys"], more: Partial<RotationInput> = {}): string[] {
  return checkArguments({ resources: ["secrets"], keys, ...more });
}

function bytes(length: number, fill = 7): string {
  return Buffer.alloc(length, fill).toString("base64");
}

describe("arguments", () => {
  test("no write key: named, and plain data must be asked for by name", () => {
    expect(ask({})).toEqual([
      'keys.write: found none; expected the name of the key that writes, or "identity" to store plain data',
    ]);
    expect(ask({ write: "identity" })).toEqual([]);
  });

  test("a name that stands twice, in write, read or archive", () => {
    expect(ask({ write: "a", read: ["b", "a"], archive: ["b"] })).toEqual([
      "keys: a stands in keys.write and keys.read[1]; expected each key once; remove all but one",
      "keys: b stands in keys.read[0] and keys.archive[0]; expected each key once; remove all but one",
    ]);
  });

  test("an unknown cipher, of the rotation and of a key", () => {
    const wrong = { name: "a", cipher: "des" as "secretbox" };
    expect(ask({ write: wrong }, { cipher: "rot13" as "secretbox" })).toEqual([
      'cipher: found "rot13"; expected one of secretbox, aescbc, aesgcm',
      'keys.write.cipher: found "des"; expected one of secretbox, aescbc, aesgcm',
    ]);
  });

  test("identity is no key's name, an empty one is none", () => {
    expect(ask({ write: { name: "identity", cipher: "aescbc" }, read: [""], archive: ["identity"] })).toEqual([
      "keys.read[0]: found an empty name; expected a key's name",
      "keys.write: found the name identity, which means plain data; expected another name",
      "keys.archive[0]: found the name identity, which means plain data; expected another name",
      "keys: identity stands in keys.write and keys.archive[0]; expected each key once; remove all but one",
    ]);
  });

  test("a KMS provider as the API server takes it", () => {
    expect(ask({ write: { kms: { name: "a:b", endpoint: "/run/x.sock", timeout: "3" } } })).toEqual([
      'keys.write.kms.name: found "a:b"; expected no ":", which ends the name in etcd',
      'keys.write.kms.endpoint: found "/run/x.sock"; expected unix:///PATH of the plugin\'s socket',
      'keys.write.kms.timeout: found "3"; expected a positive duration such as 3s',
    ]);
  });

  test.each([
    [[], "resources: found none"],
    [["Secrets"], 'resources[0]: found "Secrets"; expected no capital letters'],
    [["*"], 'resources[0]: found "*"; expected *. for every resource of the core group'],
    [["serviceipallocations"], "it has no API"],
    [["events.events.k8s.io"], "expected events"],
    [["ingresses.extensions"], "no longer served"],
    [["secrets.*"], "across groups is not supported"],
    [["secrets", "secrets"], "secrets stands there more than once"],
    [["secrets", "*."], "secrets is already named by *."],
    [["*.apps", "deployments.apps"], "deployments.apps is already named by *.apps"],
    [["*.*", "widgets.example.com"], "widgets.example.com is already named by *.*"],
  ])("resources %j: %s", (resources, message) => {
    expect(ask({ write: "a" }, { resources })).toEqual([expect.stringContaining(message)]);
  });

  test("the error of the arguments lists at most ten findings and says how many more", () => {
    const read = Array.from({ length: 12 }, () => "");
    expect(() => readDesiredKeys({ resources: ["secrets"], keys: { write: "a", read } })).toThrow(/and 2 more$/);
  });
});

function errors(live: EncryptionConfiguration, write: string, read = "", material = {}): string[] {
  return checkRotation(live, want("secrets", write, read), material).errors;
}

describe("a rotation", () => {
  const live = file(entry("secrets", "secretbox:a aescbc:c identity"));

  test.each([
    ["secretbox", 16, "found 16 bytes; secretbox expects base64 of 32 bytes"],
    ["aescbc", 20, "found 20 bytes; aescbc expects base64 of 16, 24 or 32 bytes"],
    ["aesgcm", 33, "found 33 bytes; aesgcm expects base64 of 16, 24 or 32 bytes"],
  ])("a %s key of %d bytes", (cipher, length, message) => {
    expect(errors(live, `${cipher}:n`, "", { n: bytes(length) })).toEqual([`keys: secret of n: ${message}`]);
  });

  test("material that is not base64 is refused without being repeated", () => {
    expect(errors(live, "secretbox:n", "", { n: "hunter2 in clear" })).toEqual([
      "keys: secret of n: found something that is not base64; expected base64 of 32 bytes",
    ]);
  });

  test("a write key's name with other bytes than the file's", () => {
    expect(errors(live, "aescbc:c", "", { c: secretOf("aescbc", "c") })).toEqual([]);
    expect(errors(live, "aescbc:c", "", { c: bytes(32) })).toEqual([
      'aescbc:c: the file holds other bytes under this name than the arguments or the state\n  expected: the bytes that the file holds\n  next:     name a new key to write with, and keep "c" in read without a secret: the file\'s bytes are used',
    ]);
  });

  test("given bytes for a key of read that the file holds otherwise are refused; made ones only warned of", () => {
    const given = { name: "c", cipher: "aescbc" as const, secret: bytes(32) };
    const found = (read: typeof given | string): Findings =>
      checkRotation(live, readDesiredKeys({ resources: ["secrets"], keys: { write: "a", read: [read] } }), {
        c: bytes(32),
      });
    expect(found(given).errors).toEqual([expect.stringContaining("aescbc:c: the file holds other bytes")]);
    expect(found("c")).toEqual({ errors: [], warnings: [expect.stringContaining("aescbc:c was not made here")] });
  });

  test("base64 with line ends is the same bytes, as for the API server", () => {
    const broken = `${secretOf("aescbc", "c").slice(0, 10)}\n${secretOf("aescbc", "c").slice(10)}\n`;
    expect(errors(live, "aescbc:c", "", { c: broken })).toEqual([]);
  });

  test("a name that the file holds under another cipher does not write under this one", () => {
    expect(errors(live, "secretbox:c")).toEqual([
      'secretbox:c: the file holds this name as aescbc:c\n  expected: a name of its own for each cipher\n  next:     cipher: "aescbc" to keep it, or a new name in keys.write',
    ]);
  });

  test("one name with two keys in the file", () => {
    const other = entry("secrets", "secretbox:a");
    const [provider] = other.providers;
    if (provider?.kind === "secretbox") provider.keys = [{ name: "a", secret: bytes(32) }];
    expect(errors(file(entry("secrets", "secretbox:a"), other), "secretbox:n")).toEqual([
      expect.stringContaining("secretbox:a: the file holds two keys of this name for secrets"),
    ]);
  });

  test("a new key's name that is not fit for an object's prefix; one of the file may be anything", () => {
    expect(errors(live, "secretbox:a b")).toEqual([expect.stringContaining('keys: found the new name "a b"')]);
    expect(errors(file(entry("secrets", "secretbox:odd/name identity")), "secretbox:n", "secretbox:odd/name")).toEqual(
      [],
    );
  });

  test("a KMS provider at another endpoint under the same name", () => {
    const moved = { kms: { name: "vault", endpoint: "unix:///elsewhere.sock" } };
    const desired = readDesiredKeys({ resources: ["secrets"], keys: { write: moved } });
    expect(checkRotation(file(entry("secrets", "kms:vault")), desired).errors).toEqual([
      "kms:vault: the file has endpoint unix:///run/vault.sock, the arguments have unix:///elsewhere.sock\n  expected: the endpoint of the file, unix:///run/vault.sock\n  next:     put the endpoint back, or give the plugin at the new endpoint a new name and rotate to it",
    ]);
  });

  test("a KMS provider that two entries would need is refused, as the API server would", () => {
    expect(errors(file(entry("secrets configmaps", "kms:vault")), "secretbox:n")).toEqual([
      expect.stringMatching(
        /^the file that distribute would write.*\n.*KMS provider vault: stands there more than once/,
      ),
    ]);
    const both = want("secrets configmaps", "secretbox:n");
    expect(checkRotation(file(entry("secrets configmaps", "kms:vault")), both).errors).toEqual([]);
  });

  test.each([
    ["aescbc:n", "aescbc:n: Kubernetes calls aescbc weak"],
    ["aesgcm:n", "aesgcm:n: a key of aesgcm must be rotated every 200,000 writes"],
    ["identity", "secrets: keys.write is identity: every object will be stored as plain data"],
  ])("%s is warned of", (write, message) => {
    expect(checkRotation(live, want("secrets", write)).warnings).toEqual([expect.stringContaining(message)]);
  });

  test("a new name for the bytes of a key that is there is warned of", () => {
    expect(checkRotation(live, want("secrets", "secretbox:n"), { n: secretOf("secretbox", "a") }).warnings).toEqual([
      "secretbox:n has the bytes of secretbox:a: whoever has that key reads what this one writes",
    ]);
  });

  test("a key made elsewhere that is named in archive is warned of; one whose bytes the state keeps is not", () => {
    const archiving = want("secrets", "secretbox:n", "", ["a", "c"]);
    const archived = { a: digestKeyBytes(secretOf("secretbox", "a")), c: digestKeyBytes(bytes(32)) };
    const told =
      "aescbc:c was not made here: archive keeps other bytes than the file's, which go with retire; keep a copy of them yourself for as long as backups of etcd may need it";
    expect(checkRotation(live, archiving, {}, archived).warnings).toEqual([told]);
    // Still to be made: other bytes for sure.
    expect(checkRotation(live, archiving, {}, { a: archived.a }).warnings).toEqual([told]);
  });

  test("a wildcard does not reach what has an earlier entry, and says so", () => {
    const { warnings } = checkRotation(file(entry("secrets", "secretbox:a")), want("*.*", "secretbox:n"));
    expect(warnings).toEqual([
      expect.stringContaining("*.* does not reach secrets: the file has entries of their own"),
    ]);
  });
});

test("no target, found out late: every key must be a KMS plugin's", () => {
  expect(whyKeysNotFileless([{ kind: "kms", name: "vault" }])).toBeUndefined();
  expect(
    whyKeysNotFileless([
      { kind: "kms", name: "vault" },
      { kind: "secretbox", name: "a" },
      { kind: "identity", name: "" },
    ]),
  ).toMatch(/^targets is empty, and keys holds secretbox:a, identity; expected every place from which/);
});

describe("retire", () => {
  const desired = want("secrets databases.example.com", "secretbox:n");
  const live = after("promote", after("distribute", file(entry("secrets", "secretbox:a")), desired), desired);
  const proof = (resource: string, writeKey = "secretbox:n"): { resource: string; writeKey: string } => ({
    resource,
    writeKey,
  });

  test("every resource needs a proof for exactly the key that writes", () => {
    const resources = ["secrets", "databases.example.com"];
    expect(
      checkProvenToRetire(
        live,
        desired,
        resources,
        resources.map((each) => proof(each)),
      ),
    ).toEqual([]);
    expect(checkProvenToRetire(live, desired, resources, [proof("secrets", "secretbox:a")])).toEqual([
      "secrets: found no valid proof that every object is written with secretbox:n; secretbox:a may still be needed and stays; run `pulumi up` again: migrate comes first",
      "databases.example.com: found no valid proof that every object is written with secretbox:n; identity may still be needed and stays; run `pulumi up` again: migrate comes first",
    ]);
  });

  test("where nothing is to go, none is asked for", () => {
    const keeps = want("secrets databases.example.com", "secretbox:n", "secretbox:a identity");
    const all = after("promote", after("distribute", file(entry("secrets", "secretbox:a")), keeps), keeps);
    expect(checkProvenToRetire(all, keeps, ["secrets", "databases.example.com"], [])).toEqual([]);
  });
});

test("a key older than maxKeyAge days is warned of, with what to write instead", () => {
  const made = { "secretbox:2026-08": "2026-08-01T12:00:00Z", "secretbox:2026-11": "2026-11-01T00:00:00Z" };
  const now = new Date("2026-11-21T09:00:00Z");
  expect(checkKeyAge(made, undefined, now)).toEqual([]);
  expect(checkKeyAge(made, 90, now)).toEqual([
    'secretbox:2026-08 writes since 2026-08-01, 111 days; maxKeyAgeDays is 90; name a new key: keys: { write: "NEW", read: ["2026-08"] }',
  ]);
});
