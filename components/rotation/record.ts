import type { Cluster } from "../kubernetes/cluster";
import type { Reported } from "./reported";

/** ConfigMap in the namespace `recordIn`. */
export const RECORD_NAME = "encryption-key-rotation";

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
export interface NotedWrite {
  readonly from: string;
  readonly to: string;
  readonly at: string;
  readonly since: Reported;
}

export interface RotationRecord {
  readonly proofs: Readonly<Record<string, RotationProof>>;
  readonly write?: NotedWrite;
}

export interface ProofFacts {
  readonly cluster: string;
  /** Of the file as it is now, with or without `sha256:`. */
  readonly sha256: string;
  readonly writeKey: string;
  readonly keyId?: string | undefined;
  readonly listResourceVersion: string;
}

export function readRecord(_cluster: Cluster, _namespace: string): Promise<RotationRecord> {
  throw new Error("to be written");
}

/**
 * To be called right before a file is written. Proofs that held under the file `from` will hold under `to` as well where
 * `keeps(resource, writeKey)`: that key is first for it in both.
 */
export function noteWrite(
  _cluster: Cluster,
  _namespace: string,
  _write: Omit<NotedWrite, "at">,
  _keeps: (resource: string, writeKey: string) => boolean,
): Promise<void> {
  throw new Error("to be written");
}

export function recordProof(_cluster: Cluster, _namespace: string, _proof: RotationProof): Promise<void> {
  throw new Error("to be written");
}

/** What the servers reported before this file was written, where the last write noted is of this file. */
export function sinceOf(_record: RotationRecord, _sha256: string): Reported | undefined {
  throw new Error("to be written");
}

/** Why there is no valid proof of this resource, or the proof. Pure. */
export function validProof(
  _record: RotationRecord,
  _resource: string,
  _facts: ProofFacts,
): RotationProof | { readonly why: string } {
  throw new Error("to be written");
}

/** No server was restarted or reloaded since the proof: nobody can have written under another key. Pure. */
export function isUntouched(_proof: RotationProof, _now: Reported): boolean {
  throw new Error("to be written");
}
