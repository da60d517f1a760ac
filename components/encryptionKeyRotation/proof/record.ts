import type { Order } from "../edit/undoEdit";
import { fullReportHash } from "../../kubernetes/encryptionReport";
import { digestReportedLoads, type Reported } from "../servers/reports";

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

/** The write of this very file, where the run that noted it was cut off before every API server was seen to have loaded it. Pure. */
export function unfinishedWriteOfRecord({ write }: RotationRecord, sha256: string): RecordedWrite | undefined {
  return write?.to === fullReportHash(sha256) && write.loaded !== true ? write : undefined;
}

/** The file before the last one again, and nobody looked in between: the last one was refused. */
export function takesBackRecordedWrite(write: Omit<RecordedWrite, "at">, last: RecordedWrite | undefined): boolean {
  if (last?.from !== write.to || last.to !== write.from) return false;
  return JSON.stringify(last.since) === JSON.stringify(write.since);
}

/** The proof under the file to come as well, where the same key stays first for its resource. Pure. */
export function carryOverRecordedProof(
  proof: RotationProof,
  write: Pick<RecordedWrite, "from" | "to">,
  keeps: (resource: string, writeKey: string) => boolean,
): RotationProof | undefined {
  const { configHashes, resource, writeKey } = proof;
  if (!configHashes.includes(write.from) || !keeps(resource, writeKey)) return undefined;
  // Only the last two: whatever else they held under is not what the file holds, and was perhaps written by hand meanwhile.
  return { ...proof, configHashes: write.from === write.to ? [write.to] : [write.from, write.to] };
}

/** What the servers reported before this file was written, where the last write noted is of this file. */
export function reportsBeforeRecordedWrite({ write }: RotationRecord, sha256: string): Reported | undefined {
  return write?.to === fullReportHash(sha256) ? write.since : undefined;
}

/**
 * Whether `after` was being written over `before` when something was cut off; of a refused file that was being rolled back, `before` is
 * the good one. By hash; pure.
 */
export function isRecordedWriteCutOff(
  { from, to, since }: RecordedWrite,
  found: { before: string; after: string },
): boolean {
  const [before, after] = since.restored === true ? [to, from] : [from, to];
  return fullReportHash(found.before) === before && fullReportHash(found.after) === after;
}

/** The valid proof of this resource, or why there is none. Pure. */
export function validRecordedProof(
  record: RotationRecord,
  resource: string,
  facts: ProofFacts,
): RotationProof | { readonly why: string } {
  const proof = record.proofs[resource];
  if (proof === undefined) return { why: "no proof is recorded" };
  if (proof.cluster !== facts.cluster) return { why: "the proof is of another cluster" };
  if (proof.writeKey !== facts.writeKey) return { why: `the proof is of key ${proof.writeKey}` };
  if (proof.keyId !== facts.keyId) return { why: "the KMS plugin has another key id since the proof" };
  if (!proof.configHashes.includes(fullReportHash(facts.sha256))) {
    return { why: "the file was changed since the proof, by someone else or to another write key" };
  }
  if (!isNotBefore(facts.listResourceVersion, proof.resourceVersion)) {
    return { why: "etcd is older than the proof: it was restored from a backup" };
  }
  return proof;
}

/** No server was restarted or reloaded since the proof: nobody can have written under another key. Pure. */
export function hasNoReloadSinceRecord(proof: RotationProof, now: Reported): boolean {
  return proof.loads === digestReportedLoads(now);
}

function isNotBefore(listed: string, proven: string): boolean {
  return /^\d+$/.test(listed) && /^\d+$/.test(proven) && BigInt(listed) >= BigInt(proven);
}
