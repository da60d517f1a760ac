import { parseConfiguration } from "../../../components/encryptionKeyRotation/configuration/parseConfiguration";
import { renderConfiguration } from "../../../components/encryptionKeyRotation/configuration/renderConfiguration";
import { entry, file, secretOf } from "./situations";
import { prefixToCount } from "../../../components/encryptionKeyRotation/audit/countPrefixes";

const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n";
const SECRET = secretOf("secretbox", "a");

function body(text: string): string {
  return `${head}resources:\n${text}`;
}

function keysOf(cipher: string, secret: string): string {
  return body(`- resources: [secrets]\n  providers:\n  - ${cipher}: {keys: [{name: a, secret: "${secret}"}]}\n`);
}

function refusal(text: string): string {
  try {
    parseConfiguration(text, "file /etc/enc.yaml");
  } catch (error) {
    return String(error);
  }
  return "taken";
}

test("a file as the documentation writes it, comments, anchors and all", () => {
  const text = body(
    [
      "# rotated by hand until 2026",
      "- resources:",
      "  - secrets",
      "  - configmaps",
      "  providers: &both",
      "  - aescbc:",
      "      keys:",
      "      - name: 2026-08-01",
      `        secret: ${secretOf("aescbc", "2026-08-01")}`,
      "  - identity: {}",
      "- resources: ['*.apps']",
      "  providers: *both",
    ].join("\n"),
  );
  const both = "aescbc:2026-08-01 identity";
  expect(parseConfiguration(text, "file x")).toEqual(file(entry("secrets configmaps", both), entry("*.apps", both)));
});

test.each(["2026-11-01", "1:30", "1,000"])("the name %s needs no quotes", (name) => {
  const key = `- name: ${name}\n        secret: ${SECRET}\n`;
  expect(refusal(body(`- resources: [secrets]\n  providers:\n  - secretbox:\n      keys:\n      ${key}`))).toBe(
    "taken",
  );
});

test.each(["v1", "/v1"])(
  "the form of long ago (%s, EncryptionConfig) is read, and rendered in the current one",
  (apiVersion) => {
    const rest = "resources:\n- resources: [secrets]\n  providers: [{identity: {}}]\n";
    const read = parseConfiguration(`kind: EncryptionConfig\napiVersion: ${apiVersion}\n${rest}`, "file x");
    expect(read).toEqual(file(entry("secrets", "identity")));
    expect(renderConfiguration(read)).toMatch(
      /^apiVersion: apiserver.config.k8s.io\/v1\nkind: EncryptionConfiguration\n/,
    );
  },
);

test("an empty file has no entries", () => {
  expect(parseConfiguration("\n", "file x")).toEqual({ entries: [] });
  expect(renderConfiguration({ entries: [] })).toBe("");
});

test("the rendered file", () => {
  expect(renderConfiguration(file(entry("secrets *.apps", "secretbox:2026 kms:vault identity")))).toBe(
    `${head}resources:
  - resources:
      - "secrets"
      - "*.apps"
    providers:
      - secretbox:
          keys:
            - name: "2026"
              secret: "${secretOf("secretbox", "2026")}"
      - kms:
          apiVersion: v2
          name: "vault"
          endpoint: "unix:///run/vault.sock"
      - identity: {}
`,
  );
});

test.each([
  [
    "another kind",
    "apiVersion: v1\nkind: Secret\nresources: []",
    "expected apiserver.config.k8s.io/v1, EncryptionConfiguration",
  ],
  [
    "the kind of long ago in the group of today",
    "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfig\nresources: []",
    "expected apiserver.config.k8s.io/v1, EncryptionConfiguration",
  ],
  [
    "the kind of today without a group",
    "apiVersion: v1\nkind: EncryptionConfiguration\nresources: []",
    "expected apiserver.config.k8s.io/v1, EncryptionConfiguration",
  ],
  ["no entries", body("[]").replace("resources:\n", "resources: "), "resources: found none; expected at least one"],
  ["a list", "- 1", "(top level): found a list"],
  ["broken YAML", `a: [\n${SECRET}`, "expected one YAML document"],
  ["two documents", `${keysOf("secretbox", SECRET)}---\n${keysOf("secretbox", SECRET)}`, "MULTIPLE_DOCS"],
  ["a key twice", body(`- resources: [secrets]\n  resources: [pods]\n`), "line 5, column 3: found DUPLICATE_KEY"],
  [
    "a field nobody knows",
    body("- resources: [secrets]\n  provider: []\n"),
    "resources[0]: found provider; expected only",
  ],
  [
    "a merge key",
    body(
      `- resources: [secrets]\n  providers: [{secretbox: {keys: [&a {name: a, secret: "${SECRET}"}]}}, {aescbc: {keys: [{<<: *a}]}}]\n`,
    ),
    "keys[0]: found <<; expected only name, secret",
  ],
  ["identity without {}", body("- resources: [secrets]\n  providers: [{identity: }]\n"), "identity as identity: {}"],
  [
    "two providers in one",
    body("- resources: [secrets]\n  providers: [{identity: {}, kms: {}}]\n"),
    "found identity, kms",
  ],
  ["no provider", body("- resources: [secrets]\n  providers: []\n"), "resources[0].providers: found none"],
  ["an unknown cipher", keysOf("rot13", SECRET), "resources[0].providers[0]: found rot13; expected only secretbox"],
  ["no keys", body("- resources: [secrets]\n  providers: [{secretbox: {keys: []}}]\n"), "keys: found none"],
  ["a short key", keysOf("secretbox", "c2hvcnQ="), "found 5 bytes; secretbox expects base64 of 32 bytes"],
  ["no base64", keysOf("aescbc", `${SECRET}!`), "not base64"],
  [
    "a number for a name",
    body(`- resources: [secrets]\n  providers: [{secretbox: {keys: [{name: 2026, secret: x}]}}]`),
    "found a number; expected a string (in quotes)",
  ],
  ...["yes", "2026_11", "0o17"].map((name): [string, string, string] => [
    `the name ${name}, not quoted`,
    body(`- resources: [secrets]\n  providers: [{secretbox: {keys: [{name: ${name}, secret: x}]}}]`),
    "expected a string (in quotes)",
  ]),
  [
    "a masked resource",
    body("- resources: ['*.']\n  providers: [{identity: {}}]\n- resources: [secrets]\n  providers: [{identity: {}}]\n"),
    "secrets is masked by the earlier *.",
  ],
  [
    "a wildcard twice",
    body("- resources: ['*.*']\n  providers: [{identity: {}}]\n- resources: ['*.*']\n  providers: [{identity: {}}]\n"),
    "*.* is masked by the earlier *.*",
  ],
  [
    "an overlap",
    body("- resources: ['*.', secrets]\n  providers: [{identity: {}}]\n"),
    "secrets is already named by *.",
  ],
  [
    "KMS v3",
    body("- resources: [secrets]\n  providers: [{kms: {apiVersion: v3, name: a, endpoint: 'unix:///a'}}]\n"),
    "expected v2 or v1",
  ],
  [
    "KMS v2 with a cache",
    body(
      "- resources: [secrets]\n  providers: [{kms: {apiVersion: v2, name: a, endpoint: 'unix:///a', cachesize: 5}}]\n",
    ),
    "cachesize: found 5; expected none with v2",
  ],
])("%s is refused, and no secret is repeated", (_what, text, message) => {
  const said = refusal(text);
  expect(said).toContain(message);
  expect(said).toContain("file /etc/enc.yaml");
  expect(said).not.toContain(SECRET.slice(0, 12));
});

test("one resource in two entries is taken: the API server adds their providers up", () => {
  expect(refusal(renderConfiguration(file(entry("secrets", "secretbox:a"), entry("secrets", "identity"))))).toBe(
    "taken",
  );
});

test("what objects begin with in etcd", () => {
  expect(prefixToCount({ kind: "secretbox", name: "2026-11" })).toBe("k8s:enc:secretbox:v1:2026-11:");
  expect(prefixToCount({ kind: "kms", name: "vault" })).toBe("k8s:enc:kms:v2:vault:");
  expect(prefixToCount({ kind: "identity", name: "" })).toBe("");
});
