import { type KubernetesObject, PatchType } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { hasStatus } from "../../kubernetes/errors";
import type { Order } from "../edit/undoEdit";
import { fullHash, loadsOf, type Reported } from "../servers/reports";

/** ConfigMap in the namespace `recordIn`. */
export const RECORD_NAME = "encryption-key-rotation";
/** No resource begins with an underscore. */
const WRITE_KEY = "_write";
const CONFLICTS = 5;

/** Every object of one resource was rewritten under one key, on every API server. */
export interface RotationProof {
  /** uid of namespace kube-system. */
  readonly cluster: string;
  /** `secrets`, `databases.example.com`. */
  readonly resource: string;
  /** `secretbox:2026-11`, `identity`, `kms:vault`. */
  readonly writeKey: string;
  /** KMS v2: hash of the key id under which they are. */
  readonly keyId?: string;
  /** `sha256:…` of the file it was seen under, and of those that we wrote since with the same write key. */
  readonly configHashes: readonly string[];
  /** Of the list whose every name was rewritten. */
  readonly resourceVersion: string;
  readonly objects: number;
  /** Hosts of the API servers. */
  readonly servers: readonly string[];
  /** Digest over the servers' processes and how often each reloaded: another one now means that something was loaded since. */
  readonly loads: string;
  readonly missing: readonly string[];
  /** ISO 8601. */
  readonly at: string;
}

/** A file of ours, noted before it is written. */
export interface RecordedWrite {
  readonly from: string;
  readonly to: string;
  readonly at: string;
  readonly since: Reported;
  /** The keys of the patterns that it changes, as they were under `from`; none where it takes a file back. */
  readonly before?: Order;
  /** Every API server was seen to run with it. */
  readonly loaded?: true;
}

export interface RotationRecord {
  readonly proofs: Readonly<Record<string, RotationProof>>;
  readonly write?: RecordedWrite;
}

export interface ProofFacts {
  /** uid of namespace kube-system. */
  readonly cluster: string;
  /** Of the file as it is now, with or without `sha256:`. */
  readonly sha256: string;
  readonly writeKey: string;
  readonly keyId?: string | undefined;
  /** Of a list taken now. */
  readonly listResourceVersion: string;
}

interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
}

export async function readRecord(cluster: Pick<Cluster, "call">, namespace: string): Promise<RotationRecord> {
  return recordIn(await readConfigMap(cluster, namespace));
}

/**
 * To be called right before a file is written. Proofs that held under the file `from` will hold under `to` as well where
 * `keeps(resource, writeKey)`: that key is first for it in both. The others go: should the same file come back one day, another key has
 * written meanwhile.
 */
export async function recordWrite(
  cluster: Pick<Cluster, "call">,
  namespace: string,
  write: Omit<RecordedWrite, "at" | "loaded">,
  keeps: (resource: string, writeKey: string) => boolean,
): Promise<void> {
  await update(cluster, namespace, (record) => {
    const hashes = { from: fullHash(write.from), to: fullHash(write.to) };
    const since = takesBack({ ...write, ...hashes }, record.write) ? { ...write.since, restored: true } : write.since;
    const before = write.before && { before: write.before };
    const noted = { ...hashes, at: new Date().toISOString(), since, ...before };
    const data = Object.fromEntries(
      Object.values(record.proofs).map((proof) => {
        const carried = carriedOver(proof, noted, keeps);
        return [proof.resource, carried === undefined ? null : JSON.stringify(carried)];
      }),
    );
    return { ...data, [WRITE_KEY]: JSON.stringify(noted) };
  });
}

/** Every API server runs with this file: no later run has to look after it. */
export async function recordLoaded(
  cluster: Pick<Cluster, "call">,
  namespace: string,
  record: RotationRecord,
  sha256: string,
): Promise<void> {
  if (unfinishedWrite(record, sha256) === undefined) return;
  await update(cluster, namespace, (found) => {
    const write = unfinishedWrite(found, sha256);
    return write === undefined ? {} : { [WRITE_KEY]: JSON.stringify({ ...write, loaded: true }) };
  });
}

/** The write of this very file, where the run that noted it was cut off before every API server was seen to have loaded it. Pure. */
export function unfinishedWrite({ write }: RotationRecord, sha256: string): RecordedWrite | undefined {
  return write?.to === fullHash(sha256) && write.loaded !== true ? write : undefined;
}

/** The file before the last one again, and nobody looked in between: the last one was refused. */
function takesBack(write: Omit<RecordedWrite, "at">, last: RecordedWrite | undefined): boolean {
  if (last?.from !== write.to || last.to !== write.from) return false;
  return JSON.stringify(last.since) === JSON.stringify(write.since);
}

/** The proof under the file to come as well, where the same key stays first for its resource. Pure. */
export function carriedOver(
  proof: RotationProof,
  write: Pick<RecordedWrite, "from" | "to">,
  keeps: (resource: string, writeKey: string) => boolean,
): RotationProof | undefined {
  const { configHashes, resource, writeKey } = proof;
  if (!configHashes.includes(write.from) || !keeps(resource, writeKey)) return undefined;
  // Only the last two: whatever else they held under is not what the file holds, and was perhaps written by hand meanwhile.
  return { ...proof, configHashes: write.from === write.to ? [write.to] : [write.from, write.to] };
}

export async function recordProof(
  cluster: Pick<Cluster, "call">,
  namespace: string,
  proof: RotationProof,
): Promise<void> {
  await update(cluster, namespace, () => ({ [proof.resource]: JSON.stringify(proof) }));
}

/** What the servers reported before this file was written, where the last write noted is of this file. */
export function sinceOf({ write }: RotationRecord, sha256: string): Reported | undefined {
  return write?.to === fullHash(sha256) ? write.since : undefined;
}

/**
 * Whether `after` was being written over `before` when something was cut off; of a refused file that was being rolled back, `before` is
 * the good one. By hash; pure.
 */
export function isCutOff({ from, to, since }: RecordedWrite, found: { before: string; after: string }): boolean {
  const [before, after] = since.restored === true ? [to, from] : [from, to];
  return fullHash(found.before) === before && fullHash(found.after) === after;
}

/** The valid proof of this resource, or why there is none. Pure. */
export function validProof(
  record: RotationRecord,
  resource: string,
  facts: ProofFacts,
): RotationProof | { readonly why: string } {
  const proof = record.proofs[resource];
  if (proof === undefined) return { why: "no proof is recorded" };
  if (proof.cluster !== facts.cluster) return { why: "the proof is of another cluster" };
  if (proof.writeKey !== facts.writeKey) return { why: `the proof is of key ${proof.writeKey}` };
  if (proof.keyId !== facts.keyId) return { why: "the KMS plugin has another key id since the proof" };
  if (!proof.configHashes.includes(fullHash(facts.sha256))) {
    return { why: "the file was changed since the proof, by someone else or to another write key" };
  }
  if (!isNotBefore(facts.listResourceVersion, proof.resourceVersion)) {
    return { why: "etcd is older than the proof: it was restored from a backup" };
  }
  return proof;
}

/** No server was restarted or reloaded since the proof: nobody can have written under another key. Pure. */
export function isUntouched(proof: RotationProof, now: Reported): boolean {
  return proof.loads === loadsOf(now);
}

function isNotBefore(listed: string, proven: string): boolean {
  return /^\d+$/.test(listed) && /^\d+$/.test(proven) && BigInt(listed) >= BigInt(proven);
}

function recordIn(configMap: ConfigMap | undefined): RotationRecord {
  const { [WRITE_KEY]: noted, ...rest } = configMap?.data ?? {};
  const write = parse<RecordedWrite>(noted, (found) => Array.isArray(found.since?.servers));
  const proofs: Record<string, RotationProof> = {};
  for (const [resource, text] of Object.entries(rest)) {
    const proof = parse<RotationProof>(
      text,
      (found) => found.resource === resource && Array.isArray(found.configHashes),
    );
    if (proof !== undefined) proofs[resource] = proof;
  }
  return { proofs, ...(write && { write }) };
}

/** Damaged by hand is as good as none. */
function parse<T>(text: string | undefined, isWhole: (value: Partial<T>) => boolean): T | undefined {
  try {
    const value = JSON.parse(text ?? "null") as Partial<T> | null;
    return typeof value === "object" && value !== null && isWhole(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

async function readConfigMap(cluster: Pick<Cluster, "call">, namespace: string): Promise<ConfigMap | undefined> {
  try {
    return await cluster.call<ConfigMap>({ method: "GET", path: pathOf(namespace, RECORD_NAME) });
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

async function update(
  cluster: Pick<Cluster, "call">,
  namespace: string,
  change: (record: RotationRecord) => Record<string, string | null>,
): Promise<void> {
  for (let tried = 1; ; tried++) {
    const found = await readConfigMap(cluster, namespace);
    const data = change(recordIn(found));
    try {
      await write(cluster, namespace, found, data);
      return;
    } catch (error) {
      if (!hasStatus(error, 409) || tried === CONFLICTS) throw error;
    }
  }
}

/** Refused when it moved since it was read; null removes a key. */
async function write(
  cluster: Pick<Cluster, "call">,
  namespace: string,
  found: ConfigMap | undefined,
  data: Record<string, string | null>,
): Promise<void> {
  if (found === undefined) {
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: RECORD_NAME, namespace }, data };
    await cluster.call({ method: "POST", path: pathOf(namespace), body });
    return;
  }
  const { resourceVersion } = found.metadata;
  await cluster.call({
    method: "PATCH",
    path: pathOf(namespace, RECORD_NAME),
    body: { metadata: { resourceVersion }, data },
    contentType: PatchType.merge,
  });
}

function pathOf(namespace: string, name?: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps${name === undefined ? "" : `/${name}`}`;
}
