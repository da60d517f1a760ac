import { storageVersion, versionNamesOfDefinition, type Definition } from "../crd/definition";
import { compareVersionNames, isNewerVersion } from "../crd/versionNames";
import { isRecordedOutlived } from "../migration/definition/recordedOnDefinition";
import { whyProven } from "../migration/definition/proof";

/** Those of the CRD that came after this one, the oldest first: the release of this version does not have them. */
export function newerVersions(live: Definition, than: string): string[] {
  return versionNamesOfDefinition(live)
    .filter((name) => isNewerVersion(name, than))
    .sort(compareVersionNames);
}

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
