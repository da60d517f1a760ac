import { storageVersion, versionNamesOfDefinition, type Definition } from "../../crd/definition";
import { compareVersionNames } from "../../crd/versionNames";
import { whyProven } from "./proof";
import { isRecordedOutlived } from "./recordedOnDefinition";

/**
 * The versions in which an object may be stored, the oldest first.
 *
 * @param listed resourceVersion of a list taken now; undefined when there is nothing to list
 */
export function versionsThatMayBeStored(live: Definition, listed: string | undefined): string[] {
  const storage = storageVersion(live);
  if (whyProven(live, listed) !== undefined) return [storage];
  if (isRecordedOutlived(live)) return versionNamesOfDefinition(live).sort(compareVersionNames);
  return [...new Set([...(live.status?.storedVersions ?? []), storage])].sort(compareVersionNames);
}
