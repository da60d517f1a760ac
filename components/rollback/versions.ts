import { versionNamesOfDefinition, type Definition } from "../crd/definition";
import { compareVersionNames, isNewerVersion } from "../crd/versionNames";

/** Those of the CRD that came after this one, the oldest first: the release of this version does not have them. */
export function newerVersions(live: Definition, than: string): string[] {
  return versionNamesOfDefinition(live)
    .filter((name) => isNewerVersion(name, than))
    .sort(compareVersionNames);
}
