import { storageVersion, versionNamesOfDefinition, type Definition } from "../../crd/definition";
import { compareVersionNames } from "../../crd/versionNames";
import { whyProven } from "./proof";
import { isRecordedOutlived, recordedProof, recordedRehearsal } from "./recordedOnDefinition";

/**
 * The versions in which an object may be stored, the oldest first. status.storedVersions alone does not tell: a StorageVersionMigration
 * that failed prunes it as well (proof.ts), so what our own rollout has found or moved storage from counts until a proof.
 *
 * @param listed resourceVersion of a list taken now; undefined when there is nothing to list
 */
export function versionsThatMayBeStored(live: Definition, listed: string | undefined): string[] {
  const storage = storageVersion(live);
  if (whyProven(live, listed) !== undefined) return [storage];
  const names = versionNamesOfDefinition(live);
  if (isRecordedOutlived(live)) return names.sort(compareVersionNames);
  const remembered = versionsOfRollout(live).filter((name) => names.includes(name));
  return [...new Set([...(live.status?.storedVersions ?? []), ...remembered, storage])].sort(compareVersionNames);
}

/** Those that were rehearsed, and those from which storage moved, also of an earlier generation: until a proof that came later. */
function versionsOfRollout(live: Definition): string[] {
  const record = recordedRehearsal(live);
  const { uid } = live.metadata;
  if (record === undefined || record.uid !== uid) return [];
  const proof = recordedProof(live);
  const isOfFlip = proof?.uid === uid && proof?.storageVersion === record.version;
  if (isOfFlip && proof.generation >= record.generation) return [];
  const { stored = [], flipped } = record;
  return [...stored, ...(flipped === undefined ? [] : [flipped.from, ...(flipped.beside ?? [])])];
}
