import {
  carryOverRecordedProof,
  hasNoReloadSinceRecord,
  type RotationProof,
  reportsBeforeRecordedWrite,
  unfinishedWriteOfRecord,
  validRecordedProof,
} from "../../../components/encryptionKeyRotation/proof/record";
import {
  recordLoadedInConfigMap,
  recordWriteInConfigMap,
  readRecordConfigMap,
  recordProofInConfigMap,
} from "../../../components/encryptionKeyRotation/proof/recordConfigMap";
import { digestReportedLoads, type Reported } from "../../../components/encryptionKeyRotation/servers/reports";
import type { ApiRequest } from "../../../components/kubernetes/api";
import { ApiError } from "../../../components/kubernetes/errors";

const A = `sha256:${"a".repeat(64)}`;
const B = `sha256:${"b".repeat(64)}`;
const C = `sha256:${"c".repeat(64)}`;
const now: Reported = {
  servers: [{ host: "cp-1", started: "1", reloads: 1, failures: 0, keyIds: {} }],
  description: "1 API server (cp-1)",
  missing: [],
};
const proof: RotationProof = {
  cluster: "uid",
  resource: "secrets",
  writeKey: "secretbox:2026-11",
  configHashes: [A],
  resourceVersion: "1000",
  objects: 3,
  servers: ["cp-1"],
  loads: digestReportedLoads(now),
  missing: [],
  at: "2026-11-21T00:00:00.000Z",
};
const facts = { cluster: "uid", sha256: "a".repeat(64), writeKey: "secretbox:2026-11", listResourceVersion: "1000" };
const judged = (given: Partial<RotationProof> = {}, found: Partial<Parameters<typeof validRecordedProof>[2]> = {}) =>
  validRecordedProof({ proofs: { secrets: { ...proof, ...given } } }, "secrets", { ...facts, ...found });

describe("a proof", () => {
  test("holds for this cluster, file, key and an etcd that has not gone back", () => {
    expect(judged()).toEqual(proof);
    expect(judged({}, { listResourceVersion: "18446744073709551615" })).toEqual(proof);
  });
  test.each<[string, Partial<RotationProof>, Partial<typeof facts> & { keyId?: string }, RegExp]>([
    ["another cluster", {}, { cluster: "other" }, /another cluster/],
    ["another write key", {}, { writeKey: "secretbox:2026-12" }, /of key secretbox:2026-11/],
    ["the same name under another cipher", {}, { writeKey: "aescbc:2026-11" }, /of key secretbox:2026-11/],
    ["a file that we did not write", {}, { sha256: "c".repeat(64) }, /file was changed/],
    ["an etcd from before it", {}, { listResourceVersion: "999" }, /restored from a backup/],
    ["resourceVersions as text would compare wrongly", { resourceVersion: "9" }, { listResourceVersion: "10" }, /^$/],
    ["a resourceVersion damaged by hand", { resourceVersion: "" }, {}, /restored/],
    ["another KMS key id", { keyId: "sha256:1" }, { keyId: "sha256:2" }, /another key id/],
    ["a KMS key id where there was none", {}, { keyId: "sha256:2" }, /another key id/],
  ])("%s", (_, given, found, why) => {
    const verdict = judged(given, found);
    expect("why" in verdict ? verdict.why : "").toMatch(why);
  });
  test("of another resource is none", () => {
    expect(validRecordedProof({ proofs: { configmaps: proof } }, "secrets", facts)).toEqual({
      why: "no proof is recorded",
    });
  });
  test("is fresh while no server was restarted or reloaded", () => {
    expect(hasNoReloadSinceRecord(proof, now)).toBe(true);
    const [server] = now.servers;
    expect(hasNoReloadSinceRecord(proof, { ...now, servers: [{ ...server, started: "2" } as never] })).toBe(false);
  });
});

describe("a write of ours", () => {
  const keeps = (): boolean => true;
  test("carries a proof over where the same key stays first: it holds before the write lands and after", () => {
    expect(carryOverRecordedProof(proof, { from: A, to: B }, keeps)?.configHashes).toEqual([A, B]);
  });
  test("asks for this very resource and key", () => {
    const asked: string[][] = [];
    carryOverRecordedProof(proof, { from: A, to: B }, (...given) => asked.push(given) > 0);
    expect(asked).toEqual([["secrets", "secretbox:2026-11"]]);
  });
  test("carries nothing where another key comes first, nor from a file that it did not hold under", () => {
    expect(carryOverRecordedProof(proof, { from: A, to: B }, () => false)).toBeUndefined();
    expect(carryOverRecordedProof(proof, { from: C, to: B }, keeps)).toBeUndefined();
  });
  test("leaves older files behind", () => {
    expect(carryOverRecordedProof({ ...proof, configHashes: [A, B] }, { from: B, to: C }, keeps)?.configHashes).toEqual(
      [B, C],
    );
  });
});

describe("the ConfigMap", () => {
  /** One object with resourceVersions; `between` is called before each write, as another writer would be. */
  const store = (between: (object: Record<string, unknown>) => void = () => undefined) => {
    let object: { metadata: { resourceVersion: string }; data: Record<string, string> } | undefined;
    const conflict = (request: ApiRequest) => new ApiError("conflict", 409, "Conflict", "conflict", request);
    return {
      get: () => object,
      call: <T>(request: ApiRequest): Promise<T> => {
        const body = request.body as typeof object;
        if (request.method === "GET") {
          return object ? Promise.resolve(object as T) : Promise.reject(new ApiError("", 404, "", "", request));
        }
        if (object) between(object);
        if (request.method === "POST") {
          if (object) return Promise.reject(conflict(request));
          object = { metadata: { resourceVersion: "1" }, data: body?.data ?? {} };
        } else if (body?.metadata.resourceVersion !== object?.metadata.resourceVersion) {
          return Promise.reject(conflict(request));
        } else {
          const next = String(Number(object?.metadata.resourceVersion) + 1);
          const merged = Object.entries({ ...object?.data, ...body?.data }).filter(([, value]) => value !== null);
          object = { metadata: { resourceVersion: next }, data: Object.fromEntries(merged) };
        }
        return Promise.resolve(object as T);
      },
    };
  };

  test("one key for each resource, and what is recorded is read back", async () => {
    const cluster = store();
    expect(await readRecordConfigMap(cluster, "kube-system")).toEqual({ proofs: {} });
    await recordProofInConfigMap(cluster, "kube-system", proof);
    await recordProofInConfigMap(cluster, "kube-system", { ...proof, resource: "databases.example.com" });
    await recordWriteInConfigMap(cluster, "kube-system", { from: "a".repeat(64), to: B, since: now }, () => true);
    const record = await readRecordConfigMap(cluster, "kube-system");
    expect(Object.keys(record.proofs)).toEqual(["secrets", "databases.example.com"]);
    expect(record.proofs["secrets"]?.configHashes).toEqual([A, B]);
    expect(record.write).toMatchObject({ from: A, to: B, since: now });
    expect(reportsBeforeRecordedWrite(record, "b".repeat(64))).toEqual(now);
    expect(reportsBeforeRecordedWrite(record, "a".repeat(64))).toBeUndefined();
  });

  test("a proof without the moment from which retire waits is none", async () => {
    const cluster = store();
    await recordProofInConfigMap(cluster, "kube-system", { ...proof, at: "yesterday evening" });
    expect((await readRecordConfigMap(cluster, "kube-system")).proofs).toEqual({});
  });

  test("a proof does not come back with its file: another key has written meanwhile", async () => {
    const cluster = store();
    await recordProofInConfigMap(cluster, "kube-system", proof);
    await recordProofInConfigMap(cluster, "kube-system", { ...proof, resource: "configmaps" });
    const keeps = (resource: string): boolean => resource === "configmaps";
    await recordWriteInConfigMap(cluster, "kube-system", { from: A, to: B, since: now }, keeps);
    await recordWriteInConfigMap(cluster, "kube-system", { from: B, to: A, since: now }, () => true);
    const record = await readRecordConfigMap(cluster, "kube-system");
    expect(validRecordedProof(record, "secrets", facts)).toEqual({ why: "no proof is recorded" });
    expect(validRecordedProof(record, "configmaps", facts)).toHaveProperty("configHashes", [B, A]);
    // Nor with a write of ours onto a file of someone else's.
    await recordWriteInConfigMap(cluster, "kube-system", { from: C, to: A, since: now }, () => true);
    expect((await readRecordConfigMap(cluster, "kube-system")).proofs).toEqual({});
  });

  test("a file rolled back is noted as such, one that was loaded in between is not", async () => {
    const cluster = store();
    const since = async (): Promise<Reported | undefined> =>
      reportsBeforeRecordedWrite(await readRecordConfigMap(cluster, "kube-system"), A);
    const later: Reported = { ...now, description: "later" };
    await recordWriteInConfigMap(cluster, "kube-system", { from: A, to: B, since: now }, () => true);
    await recordWriteInConfigMap(cluster, "kube-system", { from: B, to: A, since: now }, () => true);
    expect(await since()).toEqual({ ...now, restored: true });
    await recordWriteInConfigMap(cluster, "kube-system", { from: A, to: B, since: now }, () => true);
    await recordWriteInConfigMap(cluster, "kube-system", { from: B, to: A, since: later }, () => true);
    expect(await since()).toEqual(later);
  });

  test("a write is unfinished until every server was seen to run with its file; another file's is none of ours", async () => {
    const cluster = store();
    const before = { secrets: [{ kind: "secretbox" as const, name: "2026-08" }] };
    await recordWriteInConfigMap(cluster, "kube-system", { from: A, to: B, since: now, before }, () => true);
    const noted = await readRecordConfigMap(cluster, "kube-system");
    expect(unfinishedWriteOfRecord(noted, "b".repeat(64))).toMatchObject({ from: A, before });
    expect(unfinishedWriteOfRecord(noted, A)).toBeUndefined();
    await recordLoadedInConfigMap(cluster, "kube-system", noted, A);
    expect(unfinishedWriteOfRecord(await readRecordConfigMap(cluster, "kube-system"), B)).toBeDefined();
    await recordLoadedInConfigMap(cluster, "kube-system", noted, B);
    const settled = await readRecordConfigMap(cluster, "kube-system");
    expect(unfinishedWriteOfRecord(settled, B)).toBeUndefined();
    expect(reportsBeforeRecordedWrite(settled, B)).toEqual(now);
    await recordWriteInConfigMap(cluster, "kube-system", { from: A, to: B, since: now }, () => true);
    expect(unfinishedWriteOfRecord(await readRecordConfigMap(cluster, "kube-system"), B)).toBeDefined();
  });

  test("someone who writes it in between loses nothing", async () => {
    let times = 0;
    const cluster = store((object) => {
      if (times++ > 0) return;
      const metadata = object["metadata"] as { resourceVersion: string };
      metadata.resourceVersion = "7";
      (object["data"] as Record<string, string>)["theirs"] = "kept";
    });
    await recordProofInConfigMap(cluster, "kube-system", proof);
    await recordProofInConfigMap(cluster, "kube-system", { ...proof, objects: 4 });
    expect(cluster.get()?.data).toMatchObject({ theirs: "kept" });
    expect((await readRecordConfigMap(cluster, "kube-system")).proofs["secrets"]?.objects).toBe(4);
  });

  test("damaged by hand is as good as none", async () => {
    const cluster = store();
    await recordProofInConfigMap(cluster, "kube-system", proof);
    const data = cluster.get()?.data ?? {};
    for (const damaged of ["", "{", "null", "[]", "{}", JSON.stringify({ ...proof, resource: "configmaps" })]) {
      data["secrets"] = damaged;
      data["_write"] = damaged;
      expect(await readRecordConfigMap(cluster, "kube-system")).toEqual({ proofs: {} });
    }
  });
});
