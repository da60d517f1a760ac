import { storageVersion, type Definition } from "../crd/definition";
import { annotate } from "../crd/live";
import { PROOF_ANNOTATION } from "../crd/names";
import type { Cluster } from "../kubernetes/cluster";
import { recordedProof, whyProven, type Proof } from "../crd/proof";

/**
 * Our own edit of anything but the storage version leaves every object as it is: the proof goes on to the generation that
 * the edit made. Where anyone else moved the generation, it does not.
 */
export async function carryProof(
  cluster: Cluster,
  before: Definition | undefined,
  after: Definition,
): Promise<Definition> {
  const generation = after.metadata.generation ?? 0;
  if (before === undefined || storageVersion(before) !== storageVersion(after)) return after;
  if (generation !== (before.metadata.generation ?? 0) + 1 || whyProven(before, undefined) === undefined) return after;
  const uid = after.metadata.uid ?? "";
  const known = validProof(before) ?? {
    resourceVersion: after.metadata.resourceVersion,
    objects: 0,
    servers: [],
    missing: [],
  };
  const proof = { ...known, uid, generation, storageVersion: storageVersion(after) };
  return annotate(cluster, after, { [PROOF_ANNOTATION]: JSON.stringify(proof) });
}

/** A record left over from another cluster or generation must not lend its numbers to the new one. */
function validProof(live: Definition): Proof | undefined {
  const proof = recordedProof(live);
  const { uid, generation } = live.metadata;
  const isValid = proof?.uid === uid && proof?.generation === generation;
  return isValid && proof?.storageVersion === storageVersion(live) ? proof : undefined;
}
