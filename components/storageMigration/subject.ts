import type { Definition } from "../crd/definition";
import type { Cluster } from "../kubernetes/cluster";
import { readDefinition } from "../crd/readDefinition";
import { crdNamesOfPattern, isCrdNamePattern } from "../migration/foreign/crdNames";
import { inBatches } from "../migration/foreign/inBatches";
import type { Subject } from "../provider/subject";
import type { MigrationInputs, MigrationOutputs } from "./inputs";

/** The CRDs that one name or pattern means now. */
export const entrySubject: Subject<MigrationInputs, Definition[]> = {
  key: "resource",
  first: "migrate",
  lock: () => undefined, // each CRD has its own, which is that of a VersionedCRD as well
  read: (cluster, { resource }) => findCrdsOfSubject(cluster, resource),
  inputsFromState: () => ({}),
  whyAnotherSubject: () => Promise.resolve([]),
  currentOutputs: (found): Partial<MigrationOutputs> => ({ storedVersions: storedVersionsOf(found) }),
  outputsToKeep(outputs): Partial<MigrationOutputs> {
    const { storedVersions } = outputs as Partial<MigrationOutputs>;
    return storedVersions === undefined ? {} : { storedVersions };
  },
};

/** One that vanishes between the list and its turn is none. */
export async function findCrdsOfSubject(cluster: Cluster, entry: string): Promise<Definition[]> {
  const names = isCrdNamePattern(entry) ? await crdNamesOfPattern(cluster, entry) : [entry];
  const found = await inBatches(names, (name) => readDefinition(cluster, name));
  return found.filter((live) => live !== undefined);
}

export function storedVersionsOf(found: readonly Definition[]): Record<string, string[]> {
  return Object.fromEntries(found.map(({ metadata, status }) => [metadata.name, status?.storedVersions ?? []]));
}
