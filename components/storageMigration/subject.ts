import { findMigratables, type Migratable } from "../migration/entries/findMigratables";
import type { Subject } from "../provider/subject";
import type { MigrationInputs, MigrationOutputs } from "./inputs";

/** What one name or pattern means now. */
export const entrySubject: Subject<MigrationInputs, Migratable[]> = {
  key: "resource",
  first: "migrate",
  lock: () => undefined, // each has its own; that of a CRD is a VersionedCRD's as well
  read: (cluster, { resource }) => findMigratables(cluster, resource),
  inputsFromState: () => ({}),
  whyAnotherSubject: () => Promise.resolve([]),
  currentOutputs: (found): Partial<MigrationOutputs> => ({ storedVersions: storedVersionsOfSubject(found) }),
  outputsToKeep(outputs): Partial<MigrationOutputs> {
    const { storedVersions } = outputs as Partial<MigrationOutputs>;
    return storedVersions === undefined ? {} : { storedVersions };
  },
};

/** Of CRDs: a built-in resource has none. */
export function storedVersionsOfSubject(found: readonly Migratable[]): Record<string, string[]> {
  const crds = found.flatMap((each) => ("definition" in each ? [each.definition] : []));
  return Object.fromEntries(crds.map(({ metadata, status }) => [metadata.name, status?.storedVersions ?? []]));
}
