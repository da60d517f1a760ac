import { type KubernetesObject, PatchType } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { hasErrorStatus } from "../../kubernetes/errors";
import { fullReportHash } from "../../kubernetes/encryptionReport";
import {
  carryOverRecordedProof,
  takesBackRecordedWrite,
  unfinishedWriteOfRecord,
  type RecordedWrite,
  type RotationProof,
  type RotationRecord,
} from "./record";

/** ConfigMap in the namespace `recordIn`. */
export const RECORD_NAME = "encryption-key-rotation";
/** No resource begins with an underscore. */
const WRITE_KEY = "_write";
const CONFLICTS = 5;

interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
}

export async function readRecordConfigMap(cluster: Pick<Cluster, "call">, namespace: string): Promise<RotationRecord> {
  return recordInConfigMap(await readConfigMap(cluster, namespace));
}

/**
 * To be called right before a file is written. Proofs that held under the file `from` will hold under `to` as well where
 * `keeps(resource, writeKey)`: that key is first for it in both. The others go: should the same file come back one day, another key has
 * written meanwhile.
 */
export async function recordWriteInConfigMap(
  cluster: Pick<Cluster, "call">,
  namespace: string,
  write: Omit<RecordedWrite, "at" | "loaded">,
  keeps: (resource: string, writeKey: string) => boolean,
): Promise<void> {
  await updateRecordConfigMap(cluster, namespace, (record) => {
    const hashes = { from: fullReportHash(write.from), to: fullReportHash(write.to) };
    const since = takesBackRecordedWrite({ ...write, ...hashes }, record.write)
      ? { ...write.since, restored: true }
      : write.since;
    const before = write.before && { before: write.before };
    const noted = { ...hashes, at: new Date().toISOString(), since, ...before };
    const data = Object.fromEntries(
      Object.values(record.proofs).map((proof) => {
        const carried = carryOverRecordedProof(proof, noted, keeps);
        return [proof.resource, carried === undefined ? null : JSON.stringify(carried)];
      }),
    );
    return { ...data, [WRITE_KEY]: JSON.stringify(noted) };
  });
}

/** Every API server runs with this file: no later run has to look after it. */
export async function recordLoadedInConfigMap(
  cluster: Pick<Cluster, "call">,
  namespace: string,
  record: RotationRecord,
  sha256: string,
): Promise<void> {
  if (unfinishedWriteOfRecord(record, sha256) === undefined) return;
  await updateRecordConfigMap(cluster, namespace, (found) => {
    const write = unfinishedWriteOfRecord(found, sha256);
    return write === undefined ? {} : { [WRITE_KEY]: JSON.stringify({ ...write, loaded: true }) };
  });
}

export async function recordProofInConfigMap(
  cluster: Pick<Cluster, "call">,
  namespace: string,
  proof: RotationProof,
): Promise<void> {
  await updateRecordConfigMap(cluster, namespace, () => ({ [proof.resource]: JSON.stringify(proof) }));
}

function recordInConfigMap(configMap: ConfigMap | undefined): RotationRecord {
  const { [WRITE_KEY]: noted, ...rest } = configMap?.data ?? {};
  const write = parseRecordEntry<RecordedWrite>(noted, (found) => Array.isArray(found.since?.servers));
  const proofs: Record<string, RotationProof> = {};
  for (const [resource, text] of Object.entries(rest)) {
    const proof = parseRecordEntry<RotationProof>(
      text,
      (found) => found.resource === resource && Array.isArray(found.configHashes) && isMoment(found.at),
    );
    if (proof !== undefined) proofs[resource] = proof;
  }
  return { proofs, ...(write && { write }) };
}

/** Retire waits from there on: of no moment it would not wait at all. */
function isMoment(at: unknown): boolean {
  return typeof at === "string" && !Number.isNaN(Date.parse(at));
}

/** Damaged by hand is as good as none. */
function parseRecordEntry<T>(text: string | undefined, isWhole: (value: Partial<T>) => boolean): T | undefined {
  try {
    const value = JSON.parse(text ?? "null") as Partial<T> | null;
    return typeof value === "object" && value !== null && isWhole(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

async function readConfigMap(cluster: Pick<Cluster, "call">, namespace: string): Promise<ConfigMap | undefined> {
  try {
    return await cluster.call<ConfigMap>({ method: "GET", path: configMapPath(namespace, RECORD_NAME) });
  } catch (error) {
    if (hasErrorStatus(error, 404)) return undefined;
    throw error;
  }
}

async function updateRecordConfigMap(
  cluster: Pick<Cluster, "call">,
  namespace: string,
  change: (record: RotationRecord) => Record<string, string | null>,
): Promise<void> {
  for (let tried = 1; ; tried++) {
    const found = await readConfigMap(cluster, namespace);
    const data = change(recordInConfigMap(found));
    try {
      await writeRecordConfigMap(cluster, namespace, found, data);
      return;
    } catch (error) {
      if (!hasErrorStatus(error, 409) || tried === CONFLICTS) throw error;
    }
  }
}

/** Refused when it moved since it was read; null removes a key. */
async function writeRecordConfigMap(
  cluster: Pick<Cluster, "call">,
  namespace: string,
  found: ConfigMap | undefined,
  data: Record<string, string | null>,
): Promise<void> {
  if (found === undefined) {
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: RECORD_NAME, namespace }, data };
    await cluster.call({ method: "POST", path: configMapPath(namespace), body });
    return;
  }
  const { resourceVersion } = found.metadata;
  await cluster.call({
    method: "PATCH",
    path: configMapPath(namespace, RECORD_NAME),
    body: { metadata: { resourceVersion }, data },
    contentType: PatchType.merge,
  });
}

function configMapPath(namespace: string, name?: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps${name === undefined ? "" : `/${name}`}`;
}
