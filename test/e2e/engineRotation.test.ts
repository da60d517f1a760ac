import { resourcesOfEveryServer } from "../../components/encryptionKeyRotation/proof/everyServer";
import { ownResourcesNoneHidden } from "../../components/encryptionKeyRotation/proof/hiddenResources";
import { proveResources, type Rewriting } from "../../components/encryptionKeyRotation/proof/prove";
import {
  hasNoReloadSinceRecord,
  type RotationProof,
  reportsBeforeRecordedWrite,
  validRecordedProof,
} from "../../components/encryptionKeyRotation/proof/record";
import {
  recordWriteInConfigMap,
  readRecordConfigMap,
  recordProofInConfigMap,
  RECORD_NAME,
} from "../../components/encryptionKeyRotation/proof/recordConfigMap";
import {
  type KeyedResource,
  type RotatedResource,
} from "../../components/encryptionKeyRotation/proof/rotatedResources";
import { throughStorageVersion } from "../../components/encryptionKeyRotation/proof/throughStorageVersion";
import { awaitFileAgreement } from "../../components/encryptionKeyRotation/servers/fileAgreement";
import { ReloadFailed } from "../../components/encryptionKeyRotation/targets/reload";
import { reportedHashes, type Reported, readReportsNow } from "../../components/encryptionKeyRotation/servers/reports";
import { Cluster } from "../../components/kubernetes/cluster";
import { shortHashOfEncryptionReport } from "../../components/kubernetes/encryptionReport";
import { everyResource } from "../../components/kubernetes/everyResource";
import { clusterIdentity } from "../../components/kubernetes/identity";
import { rightsForRotation, rightsForRotationPreview } from "../../components/kubernetes/rights/rotationRights";
import { type PolicyRule } from "../../components/kubernetes/rights/policyRule";
import { withLock } from "../../components/kubernetes/lock";
import { AggregatedApi } from "./aggregatedApi";
import { type Bench, group, objectsOf, startBench } from "./engine";
import { configured, createSecrets, findResources, prefixes, secretbox, sha256, writeFile } from "./rotationBench";
import { countObjects } from "../../components/kubernetes/countObjects";

jest.setTimeout(300_000);

const NAMESPACE = "kube-system";
const SECRETS = 60;
const box = (name: string): string => `k8s:enc:secretbox:v1:${name}:`;

let bench: Bench;
let uid: string;
let text = secretbox("key1");
beforeAll(async () => {
  bench = await startBench("engine-rotation", {
    encryption: { text },
    rights: rightsForRotation({ resources: ["secrets", `rotateds.${group}`, "*.*"], kms: true }),
  });
  await createSecrets(bench.local, SECRETS);
  uid = (await clusterIdentity(bench.cluster)) ?? "";
});
afterAll(() => bench.end());

const now = (): Promise<Reported> => readReportsNow(bench.cluster, [], bench.work);
/** What was reported right before the last file was written: all that tells before 1.34. */
let since: Reported;
const put = async (next: string): Promise<void> => {
  since = await now();
  text = next;
  writeFile(bench.local.apiServers[0], next);
};
const loaded = (before = since) =>
  awaitFileAgreement(bench.cluster, { sha256: sha256(text), since: before, timeoutSeconds: 30 }, bench.work);
/** Since 1.34; before, a reload that is counted since the file was written stands for it. */
const tellsHash = (): boolean => bench.local.version !== "1.30";
const seen = (): string =>
  tellsHash()
    ? `reports ${shortHashOfEncryptionReport(sha256(text))}`
    : "was restarted or reloaded since the file was written";
const secrets = async (writeKey: string): Promise<KeyedResource[]> =>
  (await findResources(["secrets"], bench.cluster)).map((resource) => ({ ...resource, writeKey }));
const rewriting = async (writeKey: string, given: Partial<Rewriting> = {}): Promise<Rewriting> => ({
  sha256: sha256(text),
  since,
  resources: await secrets(writeKey),
  migrator: "direct",
  requestTimeoutSeconds: 3,
  decommissioned: [],
  timeoutSeconds: 30,
  ...given,
});
const keep = async ({ proof }: { proof: RotationProof }): Promise<void> =>
  recordProofInConfigMap(bench.cluster, NAMESPACE, proof);
const judged = async (writeKey: string): Promise<RotationProof | { why: string }> => {
  const [resource] = await secrets(writeKey);
  const { listResourceVersion } = await countObjects(bench.cluster, resource as KeyedResource);
  const facts = { cluster: uid, sha256: sha256(text), writeKey, listResourceVersion };
  return validRecordedProof(await readRecordConfigMap(bench.cluster, NAMESPACE), "secrets", facts);
};

describe("one API server, from key1 to key2", () => {
  test("T1: it reports the hash of the very file it loaded, by the name of its host", async () => {
    const reported = await now();
    const hash = tellsHash() ? shortHashOfEncryptionReport(sha256(text)) : "unknown";
    expect(reportedHashes(reported)).toEqual([{ host: expect.any(String), hash }]);
    expect(reported).toMatchObject({ missing: [], servers: [{ reloads: 0, failures: 0 }] });
    expect(reported.description).toContain(reported.servers[0]?.host);
    expect(await prefixes(bench.local)).toEqual({ [box("key1")]: SECRETS });
  });

  test("T2: distributed: the new key is readable everywhere before anything is written with it", async () => {
    await put(secretbox("key1", "key2"));
    const { evidence } = await loaded();
    expect(evidence).toEqual([expect.stringContaining(`each of ${since.description} ${seen()}`)]);
    await createSecrets(bench.local, 1, "during");
    expect(await prefixes(bench.local)).toEqual({ [box("key1")]: SECRETS + 1 });
  });

  test("T3: promoted: what is new is under key2, what is old is not touched, and there is no proof yet", async () => {
    await put(secretbox("key2", "key1"));
    await loaded();
    await createSecrets(bench.local, 1, "after");
    expect(await prefixes(bench.local)).toEqual({ [box("key1")]: SECRETS + 1, [box("key2")]: 1 });
    expect(await judged("secretbox:key2")).toEqual({ why: "no proof is recorded" });
  });

  test("T4: rewritten and proven: every object is under key2 in etcd's own bytes", async () => {
    const [done] = await proveResources(bench.cluster, await rewriting("secretbox:key2"), keep, bench.work);
    expect(await prefixes(bench.local)).toEqual({ [box("key2")]: SECRETS + 2 });
    expect(done).toMatchObject({ rewritten: SECRETS + 1, proof: { objects: SECRETS + 2, writeKey: "secretbox:key2" } });
    expect(done?.how).toMatch(/^directly; each of 1 API server /);
    expect(done?.how).toContain(seen());
    expect(await judged("secretbox:key2")).toEqual(done?.proof);
    expect(await judged("secretbox:key1")).toEqual({ why: "the proof is of key secretbox:key2" });
  });

  test("T5: retired by a write of ours, noted before: the proof holds under both files, and under no other", async () => {
    const from = sha256(text);
    const retired = secretbox("key2");
    const since = await now();
    await recordWriteInConfigMap(bench.cluster, NAMESPACE, { from, to: sha256(retired), since }, () => true);
    expect(await judged("secretbox:key2")).toHaveProperty("objects", SECRETS + 2);
    await put(retired);
    expect(reportsBeforeRecordedWrite(await readRecordConfigMap(bench.cluster, NAMESPACE), sha256(text))).toEqual(
      since,
    );
    await loaded();
    expect(await judged("secretbox:key2")).toHaveProperty("objects", SECRETS + 2);
    expect(await bench.local.client.get("/api/v1/secrets")).toMatchObject({ items: { length: SECRETS + 2 } });
  });

  test("T6: a file of someone else's voids it, and one put back to the same bytes is seen by the servers' counters", async () => {
    const proof = (await judged("secretbox:key2")) as RotationProof;
    const ours = text;
    await put(secretbox("key2", "key3"));
    await loaded();
    expect(await judged("secretbox:key2")).toEqual({ why: expect.stringContaining("the file was changed") });
    await put(ours);
    await loaded();
    expect(await judged("secretbox:key2")).toEqual(proof);
    expect(hasNoReloadSinceRecord(proof, await now())).toBe(false);
  });

  test("T7: to key3 with a StorageVersionMigration: nothing is left for our own pass but to find that out", async () => {
    for (const next of [secretbox("key2", "key3"), secretbox("key3", "key2")]) {
      await put(next);
      await loaded();
    }
    const asked = await rewriting("secretbox:key3", { migrator: "in-tree" });
    const [done] = await proveResources(bench.cluster, asked, keep, bench.work);
    expect(done?.how).toMatch(/^StorageVersionMigration secrets-\w+ succeeded; each of 1 API server/);
    expect(done).toMatchObject({ rewritten: 0, proof: { objects: SECRETS + 2 } });
    expect(await prefixes(bench.local)).toEqual({ [box("key3")]: SECRETS + 2 });
    expect(hasNoReloadSinceRecord(done?.proof as RotationProof, await now())).toBe(true);
  });
});

describe("a file that the API server refuses", () => {
  test("ReloadFailed names the host at once; with the last good file back, the hash is agreed again", async () => {
    const good = text;
    await put(good.replace('"secretbox"', '"secretbocks"'));
    const failure = await loaded().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ReloadFailed);
    expect((failure as ReloadFailed).host).toBe(since.servers[0]?.host);
    expect((failure as Error).message).toMatch(/refused the encryption configuration .*would not start with this one/s);
    const before = since;
    await recordWriteInConfigMap(
      bench.cluster,
      NAMESPACE,
      { from: sha256(good), to: sha256(text), since: before },
      () => true,
    );
    await recordWriteInConfigMap(
      bench.cluster,
      NAMESPACE,
      { from: sha256(text), to: sha256(good), since: before },
      () => true,
    );
    await put(good);
    // Before 1.34 only the record tells that this is the file from before.
    const restored = reportsBeforeRecordedWrite(
      await readRecordConfigMap(bench.cluster, NAMESPACE),
      sha256(good),
    ) as Reported;
    expect(restored).toEqual({ ...before, restored: true });
    expect((await loaded(restored)).reported.servers[0]?.failures).toBeGreaterThan(0);
  });

  test("a file that never reaches the server: the error names the host and what it runs with", async () => {
    const before = text;
    text = secretbox("key9");
    await expect(
      awaitFileAgreement(bench.cluster, { sha256: sha256(text), timeoutSeconds: 2 }, bench.work),
    ).rejects.toThrow(
      /(runs with sha256:[0-9a-f]{12}|was neither restarted nor reloaded since the file was written), \d s after/,
    );
    text = before;
  });
});

/** As a rotation finds them. */
async function throughStorage(patterns: string[], cluster: Cluster): Promise<RotatedResource[]> {
  const found = await findResources(patterns, cluster);
  return Promise.all(found.map(async (each) => (await throughStorageVersion(cluster, each)).resource));
}

describe("what a pattern names", () => {
  test("wildcards: every stored resource, custom ones too, each once; never an aggregated one", async () => {
    await bench.define("Rotated", { storage: "v1" });
    const everything = (await findResources(["*.*"], bench.cluster)).map(({ name }) => name);
    expect(everything).toEqual(expect.arrayContaining(["secrets", "configmaps", "deployments.apps", "events"]));
    expect(everything).toContain(`rotateds.${group}`);
    expect(everything).toContain("customresourcedefinitions.apiextensions.k8s.io");
    expect(new Set(everything).size).toBe(everything.length);
    for (const never of ["bindings", "componentstatuses", "events.events.k8s.io", "tokenreviews.authentication.k8s.io"])
      expect(everything).not.toContain(never);
    expect((await findResources(["*.apps"], bench.cluster)).every((each) => each.group === "apps")).toBe(true);
    expect((await findResources(["*."], bench.cluster)).every((each) => each.group === "")).toBe(true);
  });

  test("a CRD that serves no version holds a wildcard: its objects are in etcd, and nobody can rewrite them", async () => {
    const { cluster, work } = bench;
    const servers = () => resourcesOfEveryServer(cluster, [], work);
    const asked = (pattern: string, reached = true) =>
      ownResourcesNoneHidden([pattern], { cluster, servers, signal: work.signal }, () => reached);
    await asked(`*.${group}`);
    await bench.define("Rotated", { storage: "v1", served: [] });
    for (const pattern of [`*.${group}`, "*.*"]) {
      await expect(asked(pattern)).rejects.toThrow(
        new RegExp(
          `covers rotateds.${group}, which kube-apiserver does not serve: .*next: +serve a version of rotateds.${group}`,
          "s",
        ),
      );
    }
    await asked(`*.${group}`, false); // has an entry of its own
    await asked("*.");
    await bench.define("Rotated", { storage: "v1" });
  });

  test("every one of them can really be rewritten and proven, by one agreement", async () => {
    await bench.create("rotateds", "v1", objectsOf("Rotated", "v1", 5));
    const keys = [{ name: "key4", secret: Buffer.alloc(32, "4").toString("base64") }];
    const everything = { resources: ["*.*"], providers: [{ secretbox: { keys } }, { identity: {} }] };
    const old = JSON.parse(secretbox("key3")) as { resources: object[] };
    await put(configured(...old.resources, everything));
    await loaded();
    const resources = (await findResources(["*.*"], bench.cluster))
      .filter(({ name }) => name !== "secrets")
      .map((resource) => ({ ...resource, writeKey: "secretbox:key4" }));
    const done = await proveResources(bench.cluster, await rewriting("", { resources }), keep, bench.work);
    expect(done.map(({ proof }) => proof.resource)).toEqual(resources.map(({ name }) => name));
    expect(done.find(({ proof }) => proof.resource === `rotateds.${group}`)).toMatchObject({ rewritten: 5 });
    // Keys that no API has: what the API server keeps for itself (ranges of addresses and ports), and its masterleases.
    const { plain = 0 } = await prefixes(bench.local, `/registry/${group}/`);
    expect(plain).toBe(0);
    expect(await prefixes(bench.local, "/registry/configmaps/")).not.toHaveProperty("plain");
    expect(await readRecordConfigMap(bench.cluster, NAMESPACE)).toHaveProperty(
      "proofs.namespaces.writeKey",
      "secretbox:key4",
    );
  });

  test("a custom resource by a StorageVersionMigration: storedVersions of its CRD stays as it was", async () => {
    await bench.define("Rotated", { storage: "v2" });
    const found = await throughStorage([`rotateds.${group}`], bench.cluster);
    const resources = found.map((resource) => ({ ...resource, writeKey: "secretbox:key4" }));
    const asked = await rewriting("", { resources, migrator: "in-tree" });
    const [done] = await proveResources(bench.cluster, asked, keep, bench.work);
    expect(done?.how).toMatch(new RegExp(`^StorageVersionMigration rotateds.${group}-\\w+ succeeded`));
    expect((await bench.live("rotateds")).status?.storedVersions?.slice().sort()).toEqual(["v1", "v2"]);
  });

  test.each([
    ["secret", /resources: "secret" is not served by this cluster; found none of that name\n {2}expected: +PLURAL/],
    [
      "deployments",
      /"deployments" is not served by this cluster; found deployments.apps\n {2}expected: +PLURAL or PLURAL.GROUP/,
    ],
    ["componentstatuses", /can be listed, but neither patched nor deleted/],
  ])("%s: an error that says what would be right", async (pattern, expected) => {
    await expect(findResources([pattern], bench.cluster)).rejects.toThrow(expected);
  });

  test("an aggregated API by name: refused, whether it answers or not, since its etcd is its own; a wildcard leaves it out", async () => {
    const api = await AggregatedApi.register(bench.local);
    const thing = "things.aggregated.example.com";
    const refused = async (): Promise<void> =>
      expect(findResources([thing], bench.cluster)).rejects.toThrow(
        /an aggregated API server .*has an etcd and an encryption of its own/,
      );
    try {
      await refused();
      await api.answer(async () =>
        (await everyResource(bench.cluster)).listable.some(({ plural }) => plural === "things"),
      );
      await refused();
      for (const pattern of ["*.*", "*.aggregated.example.com"]) {
        expect((await findResources([pattern], bench.cluster)).map(({ name }) => name)).not.toContain(thing);
      }
    } finally {
      await api.end();
    }
  });
});

describe("with exactly the rights that are documented", () => {
  const rotation = { resources: ["secrets", `rotateds.${group}`] };
  const as = async (name: string, rules: readonly PolicyRule[]): Promise<Cluster> =>
    Cluster.connect({ kubeconfig: await bench.local.userKubeconfig(name, rules) });
  const preview = async (cluster: Cluster): Promise<unknown> => {
    const resources = await throughStorage(rotation.resources, cluster);
    for (const resource of resources) await countObjects(cluster, resource);
    const { missing } = await readReportsNow(cluster, [], bench.work);
    if (missing.length > 0) throw new Error(missing.join("; "));
    if ((await clusterIdentity(cluster)) === undefined) throw new Error("no identity");
    return readRecordConfigMap(cluster, NAMESPACE);
  };

  test("preview sees everything; without any one of them it does not", async () => {
    const rules = rightsForRotationPreview(rotation);
    await preview(await as("looker", rules));
    for (const [index] of rules.entries()) {
      const less = await as(
        `looker-${index}`,
        rules.filter((_, at) => at !== index),
      );
      await expect(preview(less)).rejects.toThrow();
    }
  });

  test("up rewrites, proves and records; a StorageVersionMigration too, where something is to be rewritten", async () => {
    const key = (name: string): object => ({ name, secret: Buffer.alloc(32, name.at(-1)).toString("base64") });
    const box = (...keys: string[]): object => ({ secretbox: { keys: keys.map(key) } });
    await put(
      configured(
        { resources: ["secrets"], providers: [box("key5", "key3")] },
        { resources: ["*.*"], providers: [box("key6", "key4"), { identity: {} }] },
      ),
    );
    await loaded();
    for (const migrator of ["in-tree", "direct"] as const) {
      const cluster = await as(`rotator-${migrator}`, rightsForRotation({ ...rotation, migrator }));
      const keys = [{ writeKey: "secretbox:key5" }, { writeKey: "secretbox:key6" }];
      const found = await throughStorage(rotation.resources, cluster);
      const resources = found.map((resource, index) => ({ ...resource, ...keys[1 - index] })) as KeyedResource[];
      const kept = ({ proof }: { proof: RotationProof }): Promise<void> =>
        recordProofInConfigMap(cluster, NAMESPACE, proof);
      const done = await proveResources(cluster, await rewriting("", { resources, migrator }), kept, bench.work);
      const how = migrator === "direct" ? /^directly; / : /^StorageVersionMigration .* succeeded/;
      for (const each of done) expect(each.how).toMatch(how);
      const asked = await rewriting("", { resources, migrator: "in-tree" });
      const again = await proveResources(cluster, asked, kept, bench.work);
      for (const { how } of again) expect(how).toMatch(/^directly, since its first objects are under secretbox:key/);
      expect(
        await withLock(
          cluster,
          "encryption",
          "test",
          () => undefined,
          () => Promise.resolve("held"),
        ),
      ).toBe("held");
    }
  });
});

test("the record holds names and hashes, no key", async () => {
  const found = JSON.stringify(
    await bench.local.client.get(`/api/v1/namespaces/${NAMESPACE}/configmaps/${RECORD_NAME}`),
  );
  for (const last of ["1", "2", "3", "4"]) {
    expect(found).not.toContain(Buffer.alloc(32, last).toString("base64").slice(0, 20));
  }
});
