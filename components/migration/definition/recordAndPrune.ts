import { versionNamesOfDefinition, type Definition } from "../../crd/definition";
import { OUTLIVED_ANNOTATION, PROOF_ANNOTATION } from "../../crd/names";
import type { ClusterWork } from "../../kubernetes/cluster";
import { requestRecordOfVersions, type RequestRecord, readRequestRecord } from "../usage/requestRecord";
import {
  annotateLiveDefinition,
  DefinitionMoved,
  liveDefinitionMoved,
  requireLiveDefinition,
  setStoredVersionsOfLiveDefinition,
} from "./liveDefinition";
import type { Pass, ProveInputs } from "./migrateAndProve";
import { noteProofOfThisRun } from "./proof";
import type { Proof } from "./recordedOnDefinition";

const RECORD_TRIES = 10;

/**
 * Records the proof, then prunes. Another writer's label or condition moves the definition as well: as long as its generation
 * is the one that was proven, that is read again.
 */
export async function recordMigratedAndPrune(
  inputs: ProveInputs,
  work: ClusterWork,
  { proof }: Pass,
): Promise<Definition> {
  const requests = await requestsUntilNow(inputs, work, await requireLiveDefinition(work.cluster, inputs.crd));
  const whole: Proof = { ...proof, ...(requests !== undefined && { requests }) };
  for (let tried = 1; ; tried++) {
    const live = await requireLiveDefinition(work.cluster, inputs.crd);
    if (live.metadata.generation !== proof.generation || live.metadata.uid !== proof.uid) {
      throw liveDefinitionMoved(inputs.crd, proof.generation, live.metadata);
    }
    work.signal.throwIfAborted();
    try {
      return await recordOn(live, whole, work);
    } catch (error) {
      if (!(error instanceof DefinitionMoved) || tried === RECORD_TRIES) throw error;
    }
  }
}

/** The proof first: were we killed in between, storedVersions would still name the old version and the pass be repeated. */
async function recordOn(live: Definition, proof: Proof, { cluster }: ClusterWork): Promise<Definition> {
  const isMarked = live.metadata.annotations?.[OUTLIVED_ANNOTATION] !== undefined;
  const proven = await annotateLiveDefinition(cluster, live, {
    [PROOF_ANNOTATION]: JSON.stringify(proof),
    ...(isMarked && { [OUTLIVED_ANNOTATION]: null }),
  });
  noteProofOfThisRun(proof);
  return setStoredVersionsOfLiveDefinition(cluster, proven, [proof.storageVersion]);
}

/** From where drop counts who goes on writing through the other versions. Without the right to read it, drop is told nothing. */
async function requestsUntilNow(
  inputs: ProveInputs,
  { cluster }: ClusterWork,
  live: Definition,
): Promise<RequestRecord | undefined> {
  const others = versionNamesOfDefinition(live).filter((name) => name !== inputs.version);
  const read =
    others.length === 0 ? "nothing to count" : await readRequestRecord(cluster, inputs, inputs.decommissionedServers);
  return typeof read !== "string" && read.isOfAll ? requestRecordOfVersions(read.record, others) : undefined;
}
