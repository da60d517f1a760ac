import type { Cluster } from "../kubernetes/cluster";
import type { Work } from "../kubernetes/report";
import type { RotationProof } from "./record";
import type { Reported } from "./reported";
import type { RotatedResource } from "./resources";

export interface Rewriting {
  readonly sha256: string;
  readonly since?: Reported | undefined;
  readonly resources: readonly (RotatedResource & {
    /** Label of the key that is first for it in the file: `secretbox:2026-11`. */
    readonly writeKey: string;
  })[];
  readonly migrator: "in-tree" | "direct";
  readonly requestTimeoutSeconds: number;
  readonly gone: readonly string[];
}

export interface Rewritten {
  readonly proof: RotationProof;
  /** By our own pass. */
  readonly rewritten: number;
  /** One sentence on how, for the summary. */
  readonly how: string;
}

/**
 * Rewrites every object of these resources under the first key of the file, and proves it: agreement by hash, the wait for requests in
 * flight, a StorageVersionMigration where asked and served, a clean pass of our own, agreement again with the same processes.
 *
 * @param proven called with each resource's proof as soon as there is one, to record it
 * @throws UserError naming the objects that could not be rewritten
 */
export function rewriteAndProve(
  _cluster: Cluster,
  _rewriting: Rewriting,
  _proven: (done: Rewritten) => Promise<void>,
  _work: Work,
): Promise<Rewritten[]> {
  throw new Error("to be written");
}
