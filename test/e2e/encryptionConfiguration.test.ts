import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import * as fc from "fast-check";
import { parse } from "yaml";
import type { EncryptionConfiguration } from "../../components/encryptionKeyRotation/configuration/configuration";
import { keyEntriesOf, providersOfKeyEntries } from "../../components/encryptionKeyRotation/configuration/keyEntries";
import { parseConfiguration } from "../../components/encryptionKeyRotation/configuration/parseConfiguration";
import { renderConfiguration } from "../../components/encryptionKeyRotation/configuration/renderConfiguration";
import { effectiveKeyOrder } from "../../components/encryptionKeyRotation/configuration/effectiveKeys";
import { configurationAtStage } from "../../components/encryptionKeyRotation/stages";
import type { Cluster } from "../../local/cluster/cluster";
import { readEtcd } from "../../local/cluster/etcd";
import { startTestCluster } from "../../local/cluster/forTests";
import { atom, entry, file, files, materialFor, want } from "../unit/encryptionKeyRotation/situations";
import { prefixToCount } from "../../components/encryptionKeyRotation/audit/countPrefixes";

jest.setTimeout(300_000);

/** Every file reads whatever an earlier one may have written: a server that cannot read its own Namespaces tells nothing. */
const ALL = ["secretbox:a", "secretbox:b", "secretbox:twice", "aescbc:c", "aescbc:d", "aesgcm:e", "identity"].map(atom);

function readable({ entries }: EncryptionConfiguration): EncryptionConfiguration {
  return {
    entries: entries.map(({ resources, providers }) => {
      const drawn = keyEntriesOf(providers).filter(({ kind }) => kind !== "kms");
      const rest = ALL.filter((each) => !drawn.some(({ kind, name }) => kind === each.kind && name === each.name));
      return { resources, providers: providersOfKeyEntries([...drawn, ...rest]) };
    }),
  };
}

const good = readable(file(entry("secrets configmaps", "secretbox:a"), entry("*.apps", "aescbc:c")));
const text = renderConfiguration(good);
const SECRET = Buffer.alloc(32, 7).toString("base64");

function formed(text: string, apiVersion: string, kind: string): string {
  const [, , ...rest] = text.split("\n");
  return [`apiVersion: ${apiVersion}`, `kind: ${kind}`, ...rest].join("\n");
}

/** Ways to write a file wrong, and a few that only look wrong. */
const EDITS: Record<string, (text: string) => string> = {
  "as it is": (each) => each,
  "no kind": (each) => each.replace("kind: EncryptionConfiguration\n", ""),
  "another version": (each) => each.replace("/v1", "/v2"),
  "the form of long ago": (each) => formed(each, "v1", "EncryptionConfig"),
  "the version of long ago as a group without a name": (each) => formed(each, "/v1", "EncryptionConfig"),
  "the kind of long ago in the group of today": (each) =>
    formed(each, "apiserver.config.k8s.io/v1", "EncryptionConfig"),
  "the kind of today without a group": (each) => formed(each, "v1", "EncryptionConfiguration"),
  "the kind of long ago in a later version": (each) => formed(each, "v2", "EncryptionConfig"),
  "the group that other configurations had": (each) => formed(each, "apiserver.k8s.io/v1", "EncryptionConfiguration"),
  "the internal version": (each) => formed(each, "apiserver.config.k8s.io/__internal", "EncryptionConfiguration"),
  "no version": (each) => each.replace("apiVersion: apiserver.config.k8s.io/v1\n", ""),
  JSON: (each) => JSON.stringify(parse(each)),
  "comments everywhere": (each) => `# first\n${each.replaceAll("\n", " # here\n")}`,
  "an anchor and its aliases": (each) =>
    each.replace(/secret: (".*")/, "secret: &bytes $1").replace(/(aescbc:[^]*?secret: )".*"/, "$1*bytes"),
  "document markers": (each) => `---\n${each}...\n`,
  ...Object.fromEntries(
    ["yes", "Off", "n", "2026_11", "0o17", "0777_", "1:30", "190:20:30", "1,000", "1e", "1e3", "~"].map((name) => [
      `the name ${name}, not quoted`,
      (each: string) => each.replace('name: "a"', `name: ${name}`),
    ]),
  ),
  "a byte order mark": (each) => `\ufeff${each}`,
  "no resources at all": (each) => `${each.slice(0, each.indexOf("resources:"))}resources: []\n`,
  "an unknown field": (each) => each.replace("    providers:", "    provider: []\n    providers:"),
  "a field twice": (each) => each.replace("    providers:", "    providers: []\n    providers:"),
  "identity without {}": (each) => each.replace("identity: {}", "identity:"),
  "identity with a field": (each) => each.replace("identity: {}", "identity: {keys: []}"),
  "an unknown cipher": (each) => each.replace("- secretbox:", "- rot13:"),
  "two providers in one": (each) => each.replace("- identity: {}", "- identity: {}\n        aesgcm: {keys: []}"),
  "a name that YAML reads as a number": (each) => each.replace('name: "a"', "name: 2026"),
  "a name that YAML reads as a date": (each) => each.replace('name: "a"', "name: 2026-11-01"),
  "an empty name": (each) => each.replace('name: "a"', 'name: ""'),
  "a name with a space": (each) => each.replace('name: "twice"', 'name: "a b:c"'),
  "no secret": (each) => each.replace(/secret: ".*"/, 'secret: ""'),
  "a short secret": (each) => each.replace(/secret: ".*"/, 'secret: "c2hvcnQ="'),
  "16 bytes for secretbox": (each) => each.replace(/secret: ".*"/, `secret: "${Buffer.alloc(16).toString("base64")}"`),
  "base64 without padding": (each) => each.replace(/=+"/, '"'),
  "base64 of the URL alphabet": (each) => each.replace(/secret: ".*"/, `secret: "${"_".repeat(43)}="`),
  "base64 with a line end": (each) =>
    each.replace(
      'name: "twice"\n',
      `name: "other"\n              secret: "${SECRET.slice(0, 8)}\\n${SECRET.slice(8)}\\n"\n            - name: "twice"\n`,
    ),
  "capital letters": (each) => each.replace('"secrets"', '"Secrets"'),
  "a star": (each) => each.replace('"secrets"', '"*"'),
  "a resource across groups": (each) => each.replace('"secrets"', '"secrets.*"'),
  "events.k8s.io": (each) => each.replace('"secrets"', '"events.events.k8s.io"'),
  "*.events.k8s.io": (each) => each.replace('"secrets"', '"*.events.k8s.io"'),
  extensions: (each) => each.replace('"secrets"', '"ingresses.extensions"'),
  "no API": (each) => each.replace('"secrets"', '"serviceipallocations"'),
  "a resource twice in a list": (each) => each.replace('"configmaps"', '"secrets"'),
  "a resource twice in a list, spelt otherwise": (each) => each.replace('"configmaps"', '"secrets."'),
  "a wildcard beside its resource": (each) => each.replace('"configmaps"', '"*."'),
  "*.* beside another": (each) => each.replace('"configmaps"', '"*.*"'),
  "another group's wildcard beside it": (each) => each.replace('"configmaps"', '"*.batch"'),
  "KMS v3": (each) => each.replace("- identity: {}", "- kms: {apiVersion: v3, name: k, endpoint: 'unix:///k'}"),
  "KMS without a name": (each) => each.replace("- identity: {}", "- kms: {apiVersion: v2, endpoint: 'unix:///k'}"),
  "KMS by TCP": (each) => each.replace("- identity: {}", "- kms: {apiVersion: v2, name: k, endpoint: 'tcp://k:1'}"),
  "KMS with a timeout of 0": (each) =>
    each.replace("- identity: {}", "- kms: {apiVersion: v2, name: k, endpoint: 'unix:///k', timeout: 0s}"),
  "KMS with a colon": (each) =>
    each.replace("- identity: {}", "- kms: {apiVersion: v2, name: 'k:1', endpoint: 'unix:///k'}"),
  "KMS v2 with a cache": (each) =>
    each.replace("- identity: {}", "- kms: {apiVersion: v2, name: k, endpoint: 'unix:///k', cachesize: 9}"),
  "one KMS provider in two entries": (each) =>
    each.replaceAll("- identity: {}", "- kms: {apiVersion: v2, name: k, endpoint: 'unix:///k'}"),
};

/** Entries in another order, or one of them again: masked, or not. */
const shuffled: fc.Arbitrary<EncryptionConfiguration> = fc
  .tuple(files.filter(({ entries }) => entries.length > 0).map(readable), fc.nat(3), fc.nat(9))
  .map(([{ entries }, how, which]) => {
    const again = entries[which % entries.length];
    if (how === 0) return { entries: [...entries].reverse() };
    if (how === 1 && again !== undefined) return { entries: [...entries, again] };
    if (how === 2)
      return {
        entries: [{ resources: entries.flatMap(({ resources }) => resources), providers: providersOfKeyEntries(ALL) }],
      };
    return { entries };
  });

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startTestCluster("encryption-configuration", {
    controllerManager: false,
    encryption: { text, pollMs: 50 },
  });
});
afterAll(() => cluster?.stop());

interface Seen {
  hash: string;
  failures: number;
}

async function seen(): Promise<Seen> {
  const { body } = await cluster.client.send("GET", "/metrics");
  const of = (pattern: RegExp): string => pattern.exec(String(body))?.[1] ?? "";
  return {
    hash: of(/^apiserver_encryption_config_controller_last_config_info\{.*hash="sha256:(\w+)"\} 1$/m),
    failures: Number(
      of(/^apiserver_encryption_config_controller_automatic_reloads_total\{.*status="failure"\} (\S+)$/m),
    ),
  };
}

/** Does the API server load this file? Whatever comes out, it runs with the good one before. */
async function taken(candidate: string): Promise<boolean> {
  const load = async (content: string, failures: number): Promise<boolean> => {
    const [target] = [cluster.apiServers[0].encryptionFile];
    writeFileSync(`${target}.new`, content, { mode: 0o600 });
    renameSync(`${target}.new`, target);
    const hash = createHash("sha256").update(content).digest("hex");
    for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
      const now = await seen();
      if (now.hash === hash) return true;
      if (now.failures > failures) return false;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`neither loaded nor refused within 30 s:\n${content}`);
  };
  expect(await load(`${text}# ${candidate.length}\n`, Infinity)).toBe(true);
  return load(candidate, (await seen()).failures);
}

function takenByUs(candidate: string): boolean {
  try {
    parseConfiguration(candidate, "the file");
    return true;
  } catch {
    return false;
  }
}

test.each(Object.entries(EDITS))("a file with %s: read or refused as the API server does", async (what, change) => {
  const candidate = change(text);
  expect(candidate === text).toBe(what === "as it is");
  expect(takenByUs(candidate)).toBe(await taken(candidate));
});

/** Read by the API server; a write of ours would drop the rest, or take apart what was merged. */
test.each<[string, (text: string) => string]>([
  ["a second document, of which the API server reads only the first", (each) => `${each}---\n`],
  [
    "a merge key",
    (each) =>
      each
        .replace("- name:", "- &first\n              name:")
        .replace(/(aescbc:\s+keys:\s+- )name: ".*"\s+secret: ".*"/, "$1<<: *first"),
  ],
])("stricter than the API server: a file with %s is refused", async (_what, change) => {
  const candidate = change(text);
  expect(candidate).not.toBe(text);
  expect([await taken(candidate), takenByUs(candidate)]).toEqual([true, false]);
});

test("fifteen files of any shape: read or refused as the API server does", async () => {
  const verdicts = [];
  for (const each of fc.sample(shuffled, 15)) {
    const candidate = renderConfiguration(each);
    const verdict = await taken(candidate);
    verdicts.push(verdict);
    expect([takenByUs(candidate), candidate]).toEqual([verdict, candidate]);
  }
  expect(new Set(verdicts)).toEqual(new Set([true, false]));
});

const KINDS = {
  secrets: ["/api/v1/namespaces/default/secrets", "/registry/secrets/default/", { type: "Opaque" }],
  configmaps: ["/api/v1/namespaces/default/configmaps", "/registry/configmaps/default/", {}],
  "leases.coordination.k8s.io": [
    "/apis/coordination.k8s.io/v1/namespaces/default/leases",
    "/registry/leases/default/",
    {},
  ],
  "controllerrevisions.apps": [
    "/apis/apps/v1/namespaces/default/controllerrevisions",
    "/registry/controllerrevisions/default/",
    { revision: 1, data: {} },
  ],
} as const;

/** What the objects that are created now begin with in etcd. */
async function written(name: string): Promise<Record<string, string>> {
  const prefixes: Record<string, string> = {};
  for (const [resource, [path, key, more]] of Object.entries(KINDS)) {
    await cluster.client.post(path, { metadata: { name }, ...more });
    const [found] = await readEtcd(cluster.etcd, key + name);
    prefixes[resource] = /^k8s:enc:\w+:v1:\w+:/.exec(found?.value ?? "")?.[0] ?? "";
  }
  return prefixes;
}

function expected(configuration: EncryptionConfiguration): Record<string, string> {
  return Object.fromEntries(
    Object.keys(KINDS).map((resource) => {
      const [first] = effectiveKeyOrder(configuration, resource);
      return [resource, first === undefined ? "none" : prefixToCount(first)];
    }),
  );
}

test("the key that we say writes a resource is the one in etcd, whichever entries and wildcards there are", async () => {
  let count = 0;
  // One key for a name, one for its group, one for the rest: all of them there, whatever is drawn.
  const layers = [entry("secrets", "secretbox:a"), entry("*.", "secretbox:b"), entry("*.apps", "aescbc:c")];
  const fixed = readable(file(...layers, entry("*.*", "aesgcm:e")));
  for (const each of [fixed, ...fc.sample(files.filter(({ entries }) => entries.length > 0).map(readable), 10)]) {
    expect(await taken(renderConfiguration(each))).toBe(true);
    expect(await written(`any-${count++}`)).toEqual(expected(each));
  }
});

describe("a rotation of Secrets that share an entry, under a wildcard for everything", () => {
  const live = readable(file(entry("secrets configmaps", "secretbox:a"), entry("*.*", "aescbc:c")));
  const desired = want("secrets", "secretbox:b");
  let at = live;

  test.each(["distribute", "promote", "retire"] as const)(
    "%s: loaded, and only Secrets are written otherwise",
    async (stage) => {
      at = configurationAtStage(stage, at, desired, materialFor(desired));
      expect(await taken(renderConfiguration(at))).toBe(true);
      expect(await written(`rotated-${stage}`)).toEqual({
        ...expected(live),
        secrets: `k8s:enc:secretbox:v1:${stage === "distribute" ? "a" : "b"}:`,
      });
    },
  );
});
