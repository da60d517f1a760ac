import { storageVersion, type Definition } from "../crd/definition";
import { PROOF_ANNOTATION } from "../crd/names";
import type { Cluster } from "../kubernetes/cluster";
import { annotateLiveDefinition } from "../migration/definition/liveDefinition";
import { restsOnOnlyVersion, validProof, whyProven } from "../migration/definition/proof";

/**
 * An edit of anything but the storage version leaves every object as it is: the proof goes on to the generation that the edit
 * made. So it does from our own edit, `after`, to one more by someone else, `later`, which followed it at once. Where the
 * generation moved twice in one step, nobody knows what was in between, and it does not.
 *
 * That a definition has one version is nothing to carry: objects in another one cannot be read, and the edit may bring that back.
 *
 * @param isAllRead every object was read right before with the one version there was, so it is stored in it
 */
export async function carryProof(
  cluster: Cluster,
  before: Definition | undefined,
  after: Definition,
  later: Definition = after,
  isAllRead = false,
): Promise<Definition> {
  const first = before ?? after;
  const generations = [first, after, later].map(({ metadata }) => metadata.generation ?? 0);
  const isChain = generations.every((each, index) => each - (generations[index - 1] ?? each) <= 1);
  const stays = [after, later].every((each) => storageVersion(each) === storageVersion(first));
  const generation = later.metadata.generation ?? 0;
  if (!isChain || !stays || generation === generations[0] || whyProven(first, undefined) === undefined) return later;
  const uid = later.metadata.uid ?? "";
  if (restsOnOnlyVersion(first) && !isAllRead) return later;
  const known = validProof(first) ?? {
    resourceVersion: later.metadata.resourceVersion,
    objects: 0,
    servers: [],
    missing: [],
  };
  const proof = { ...known, uid, generation, storageVersion: storageVersion(later) };
  return annotateLiveDefinition(cluster, later, { [PROOF_ANNOTATION]: JSON.stringify(proof) });
}
