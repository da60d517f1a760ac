import { storageVersion, type Definition } from "../../crd/definition";
import { isRecordedOutlived, recordedDropping, recordedProof, type Proof } from "./recordedOnDefinition";

/** A record left over from another cluster or generation must not lend its numbers to the new one. */
export function validProof(live: Definition): Proof | undefined {
  const proof = recordedProof(live);
  const { uid, generation } = live.metadata;
  const isValid = proof?.uid === uid && proof?.generation === generation;
  return isValid && proof?.storageVersion === storageVersion(live) ? proof : undefined;
}

/**
 * Storage has moved on since the drop that was cut off, and every object was rewritten after it: none is in what that drop removed.
 * What converted then may not know the storage version of today.
 */
export function isDropOvertaken(live: Definition): boolean {
  const then = recordedDropping(live)?.storage;
  return then !== undefined && then !== storageVersion(live) && validProof(live) !== undefined;
}

const provenHere = new Set<string>();

/** Migrate ended in this very run of the engine: its phases share a process. */
export function noteProofOfThisRun({ uid, resourceVersion }: Proof): void {
  provenHere.add(`${uid} ${resourceVersion}`);
}

export function hasProofOfThisRun(live: Definition): boolean {
  const proof = validProof(live);
  return proof !== undefined && provenHere.has(`${proof.uid} ${proof.resourceVersion}`);
}

/** Does the definition alone tell what is stored, without a record? Not where its objects were seen to be older or unreadable. */
export function isProvenByItself(live: Definition): boolean {
  if (isRecordedOutlived(live)) return false;
  return isAlone(live) || live.metadata.generation === 1;
}

/** That it has one version is all that tells what is stored. */
export function restsOnOnlyVersion(live: Definition): boolean {
  return isAlone(live) && isProvenByItself(live) && validProof(live) === undefined;
}

/** One version, and none on its way out. */
function isAlone(live: Definition): boolean {
  return live.spec.versions.length === 1 && recordedDropping(live) === undefined;
}

/**
 * Why nothing but the storage version can be in etcd, or undefined when that is not known.
 *
 * status.storedVersions is not among the reasons: a Failed StorageVersionMigration prunes it all the same
 * (kubernetes/kubernetes pkg/controller/storageversionmigrator/migrationrunner.go, finishCRDMigration).
 *
 * @param listed resourceVersion of a list taken now; undefined when there is nothing to list
 */
export function whyProven(live: Definition, listed: string | undefined): string | undefined {
  const storage = storageVersion(live);
  if (isProvenByItself(live))
    return isAlone(live)
      ? `${storage} is the only version there is`
      : `the definition has not changed since it was created with ${storage}`;
  const proof = recordedProof(live);
  if (proof === undefined || proof.storageVersion !== storage || !/^\d+$/.test(proof.resourceVersion)) return undefined;
  if (proof.uid !== live.metadata.uid || proof.generation !== live.metadata.generation) return undefined;
  if (listed !== undefined && BigInt(listed) < BigInt(proof.resourceVersion)) return undefined;
  return `every object was rewritten to ${storage} (list at resourceVersion ${proof.resourceVersion})`;
}
