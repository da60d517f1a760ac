import { awaitHash, ReloadFailed } from "../../components/rotation/convergence";
import { type KeyedResource, rewriteAndProve, type Rewriting } from "../../components/rotation/prove";
import {
  isUntouched,
  noteWrite,
  readRecord,
  recordProof,
  RECORD_NAME,
  type RotationProof,
  sinceOf,
  validProof,
} from "../../components/rotation/record";
import { hashesNow, type Reported, reportedNow, shortHash } from "../../components/rotation/reported";
import { enumerate, measure } from "../../components/rotation/resources";
import { clusterIdentity } from "../../components/kubernetes/identity";
import { type Bench, group, objectsOf, startBench } from "./engine";
import { configured, createSecrets, prefixes, secretbox, sha256, writeFile } from "./rotationBench";

jest.setTimeout(300_000);

const NAMESPACE = "kube-system";
const SECRETS = 60;
const box = (name: string): string => `k8s:enc:secretbox:v1:${name}:`;

let bench: Bench;
let uid: string;
let text = secretbox("key1");
beforeAll(async () => {
  bench = await startBench("engine-rotation", { encryption: { text } });
  await createSecrets(bench.local, SECRETS);
  uid = (await clusterIdentity(bench.cluster)) ?? "";
});
afterAll(() => bench.end());

const now = (): Promise<Reported> => reportedNow(bench.cluster, [], bench.work);
const put = (next: string): void => {
  text = next;
  writeFile(bench.local.apiServers[0], next);
};
const loaded = (since: Reported) =>
  awaitHash(bench.cluster, { sha256: sha256(text), since, patienceSeconds: 30 }, bench.work);
const secrets = async (writeKey: string): Promise<KeyedResource[]> =>
  (await enumerate(["secrets"], bench.cluster)).map((resource) => ({ ...resource, writeKey }));
const rewriting = async (writeKey: string, given: Partial<Rewriting> = {}): Promise<Rewriting> => ({
  sha256: sha256(text),
  resources: await secrets(writeKey),
  migrator: "direct",
  requestTimeoutSeconds: 3,
  gone: [],
  patienceSeconds: 30,
  ...given,
});
const keep = async ({ proof }: { proof: RotationProof }): Promise<void> => recordProof(bench.cluster, NAMESPACE, proof);
const judged = async (writeKey: string): Promise<RotationProof | { why: string }> => {
  const [resource] = await secrets(writeKey);
  const { listResourceVersion } = await measure(bench.cluster, resource as KeyedResource);
  const facts = { cluster: uid, sha256: sha256(text), writeKey, listResourceVersion };
  return validProof(await readRecord(bench.cluster, NAMESPACE), "secrets", facts);
};

describe("one API server, from key1 to key2", () => {
  test("T1: it reports the hash of the very file it loaded, by the name of its host", async () => {
    const reported = await now();
    expect(hashesNow(reported)).toEqual([{ host: expect.any(String), hash: shortHash(sha256(text)) }]);
    expect(reported).toMatchObject({ missing: [], servers: [{ reloads: 0, failures: 0 }] });
    expect(reported.description).toContain(reported.servers[0]?.host);
    expect(await prefixes(bench.local)).toEqual({ [box("key1")]: SECRETS });
  });

  test("T2: distributed: the new key is readable everywhere before anything is written with it", async () => {
    const since = await now();
    put(secretbox("key1", "key2"));
    const { evidence } = await loaded(since);
    expect(evidence).toEqual([`each of ${since.description} reports ${shortHash(sha256(text))}`]);
    await createSecrets(bench.local, 1, "during");
    expect(await prefixes(bench.local)).toEqual({ [box("key1")]: SECRETS + 1 });
  });

  test("T3: promoted: what is new is under key2, what is old is not touched, and there is no proof yet", async () => {
    const since = await now();
    put(secretbox("key2", "key1"));
    await loaded(since);
    await createSecrets(bench.local, 1, "after");
    expect(await prefixes(bench.local)).toEqual({ [box("key1")]: SECRETS + 1, [box("key2")]: 1 });
    expect(await judged("secretbox:key2")).toEqual({ why: "no proof is recorded" });
  });

  test("T4: rewritten and proven: every object is under key2 in etcd's own bytes", async () => {
    const [done] = await rewriteAndProve(bench.cluster, await rewriting("secretbox:key2"), keep, bench.work);
    expect(await prefixes(bench.local)).toEqual({ [box("key2")]: SECRETS + 2 });
    expect(done).toMatchObject({ rewritten: SECRETS + 1, proof: { objects: SECRETS + 2, writeKey: "secretbox:key2" } });
    expect(done?.how).toMatch(/^directly; each of 1 API server .* reports sha256:[0-9a-f]{12}$/);
    expect(await judged("secretbox:key2")).toEqual(done?.proof);
    expect(await judged("secretbox:key1")).toEqual({ why: "the proof is of key secretbox:key2" });
  });

  test("T5: retired by a write of ours, noted before: the proof holds under both files, and under no other", async () => {
    const from = sha256(text);
    const retired = secretbox("key2");
    const since = await now();
    await noteWrite(bench.cluster, NAMESPACE, { from, to: sha256(retired), since }, () => true);
    expect(await judged("secretbox:key2")).toHaveProperty("objects", SECRETS + 2);
    put(retired);
    expect(sinceOf(await readRecord(bench.cluster, NAMESPACE), sha256(text))).toEqual(since);
    await loaded(since);
    expect(await judged("secretbox:key2")).toHaveProperty("objects", SECRETS + 2);
    expect(await bench.local.client.get("/api/v1/secrets")).toMatchObject({ items: { length: SECRETS + 2 } });
  });

  test("T6: a file of someone else's voids it, and one put back to the same bytes is seen by the servers' counters", async () => {
    const proof = (await judged("secretbox:key2")) as RotationProof;
    const ours = text;
    put(secretbox("key2", "key3"));
    await loaded(await now());
    expect(await judged("secretbox:key2")).toEqual({ why: expect.stringContaining("the file was changed") });
    put(ours);
    await loaded(await now());
    expect(await judged("secretbox:key2")).toEqual(proof);
    expect(isUntouched(proof, await now())).toBe(false);
  });

  test("T7: to key3 with a StorageVersionMigration: nothing is left for our own pass but to find that out", async () => {
    for (const next of [secretbox("key2", "key3"), secretbox("key3", "key2")]) {
      const since = await now();
      put(next);
      await loaded(since);
    }
    const asked = await rewriting("secretbox:key3", { migrator: "in-tree" });
    const [done] = await rewriteAndProve(bench.cluster, asked, keep, bench.work);
    expect(done?.how).toMatch(/^StorageVersionMigration secrets-\w+ succeeded; each of 1 API server/);
    expect(done).toMatchObject({ rewritten: 0, proof: { objects: SECRETS + 2 } });
    expect(await prefixes(bench.local)).toEqual({ [box("key3")]: SECRETS + 2 });
    expect(isUntouched(done?.proof as RotationProof, await now())).toBe(true);
  });
});

describe("a file that the API server refuses", () => {
  test("ReloadFailed names the host at once; with the last good file back, the hash is agreed again", async () => {
    const good = text;
    const since = await now();
    put(good.replace('"secretbox"', '"secretbocks"'));
    const began = Date.now();
    const failure = await loaded(since).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ReloadFailed);
    expect((failure as ReloadFailed).host).toBe(since.servers[0]?.host);
    expect((failure as Error).message).toMatch(/refused the encryption configuration .*would not start with this one/);
    expect(Date.now() - began).toBeLessThan(10_000);
    put(good);
    expect((await loaded(await now())).reported.servers[0]?.hash).toBe(`sha256:${sha256(good)}`);
  });

  test("a file that never reaches the server: the error names the host and what it runs with", async () => {
    const before = text;
    text = secretbox("key9");
    await expect(awaitHash(bench.cluster, { sha256: sha256(text), patienceSeconds: 2 }, bench.work)).rejects.toThrow(
      /runs with sha256:[0-9a-f]{12}, \d s after the file was written; expected every API server/,
    );
    text = before;
  });
});

describe("what a pattern names", () => {
  test("wildcards: every stored resource, custom ones too, each once; never an aggregated one", async () => {
    await bench.define("Rotated", { storage: "v1" });
    const everything = (await enumerate(["*.*"], bench.cluster)).map(({ name }) => name);
    expect(everything).toEqual(expect.arrayContaining(["secrets", "configmaps", "deployments.apps", "events"]));
    expect(everything).toContain(`rotateds.${group}`);
    expect(everything).toContain("customresourcedefinitions.apiextensions.k8s.io");
    expect(new Set(everything).size).toBe(everything.length);
    for (const never of ["bindings", "componentstatuses", "events.events.k8s.io", "tokenreviews.authentication.k8s.io"])
      expect(everything).not.toContain(never);
    expect((await enumerate(["*.apps"], bench.cluster)).every((each) => each.group === "apps")).toBe(true);
    expect((await enumerate(["*."], bench.cluster)).every((each) => each.group === "")).toBe(true);
  });

  test("every one of them can really be rewritten and proven, by one agreement", async () => {
    await bench.create("rotateds", "v1", objectsOf("Rotated", "v1", 5));
    const since = await now();
    const keys = [{ name: "key4", secret: Buffer.alloc(32, "4").toString("base64") }];
    const everything = { resources: ["*.*"], providers: [{ secretbox: { keys } }, { identity: {} }] };
    const old = JSON.parse(secretbox("key3")) as { resources: object[] };
    put(configured(...old.resources, everything));
    await loaded(since);
    const resources = (await enumerate(["*.*"], bench.cluster))
      .filter(({ name }) => name !== "secrets")
      .map((resource) => ({ ...resource, writeKey: "secretbox:key4" }));
    const done = await rewriteAndProve(bench.cluster, await rewriting("", { resources }), keep, bench.work);
    expect(done.map(({ proof }) => proof.resource)).toEqual(resources.map(({ name }) => name));
    expect(done.find(({ proof }) => proof.resource === `rotateds.${group}`)).toMatchObject({ rewritten: 5 });
    // Keys that no API has: what the API server keeps for itself (ranges of addresses and ports), and its masterleases.
    const { plain = 0 } = await prefixes(bench.local, `/registry/${group}/`);
    expect(plain).toBe(0);
    expect(await prefixes(bench.local, "/registry/configmaps/")).not.toHaveProperty("plain");
    expect(await readRecord(bench.cluster, NAMESPACE)).toHaveProperty("proofs.namespaces.writeKey", "secretbox:key4");
  });

  test("a custom resource by a StorageVersionMigration: storedVersions of its CRD stays as it was", async () => {
    await bench.define("Rotated", { storage: "v2" });
    const resources = (await enumerate([`rotateds.${group}`], bench.cluster)).map((resource) => ({
      ...resource,
      writeKey: "secretbox:key4",
    }));
    const asked = await rewriting("", { resources, migrator: "in-tree" });
    const [done] = await rewriteAndProve(bench.cluster, asked, keep, bench.work);
    expect(done?.how).toMatch(new RegExp(`^StorageVersionMigration rotateds.${group}-\\w+ succeeded`));
    expect((await bench.live("rotateds")).status?.storedVersions?.slice().sort()).toEqual(["v1", "v2"]);
  });

  test.each([
    ["secret", /resources: "secret" is not served by this cluster; found none of that name; expected PLURAL/],
    [
      "deployments",
      /"deployments" is not served by this cluster; found deployments.apps; expected PLURAL or PLURAL.GROUP/,
    ],
    ["componentstatuses", /can be listed but not patched/],
  ])("%s: an error that says what would be right", async (pattern, expected) => {
    await expect(enumerate([pattern], bench.cluster)).rejects.toThrow(expected);
  });

  test("an aggregated API by name: refused, since its etcd is its own", async () => {
    await bench.local.client.post("/apis/apiregistration.k8s.io/v1/apiservices", {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1.aggregated.example.com" },
      spec: {
        group: "aggregated.example.com",
        version: "v1",
        service: { namespace: "default", name: "nowhere" },
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    });
    await expect(enumerate(["things.aggregated.example.com"], bench.cluster)).rejects.toThrow(
      /an aggregated API server .*has an etcd and an encryption of its own/,
    );
    expect(await enumerate(["*.*"], bench.cluster)).not.toHaveLength(0);
    await bench.local.client.send("DELETE", "/apis/apiregistration.k8s.io/v1/apiservices/v1.aggregated.example.com");
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
