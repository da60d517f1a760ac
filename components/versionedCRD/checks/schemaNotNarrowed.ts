import { storageVersion, type Definition, versionNamesOfDefinition } from "../../crd/definition";
import { whyProven } from "../../migration/definition/proof";
import { prunedFields } from "../../compatibility/prunedFields";

/**
 * Fields that the new schema of a version lacks although objects are stored in that version, be it the live storage version or
 * one before it. What is stored is pruned by it at the next read, so not even the rehearsal would see them any more; no webhook
 * is asked for a version's own objects.
 */
export function schemaNotNarrowed(manifest: Definition, live: Definition | undefined): string[] {
  if (live === undefined) return [];
  return versionsThatMayHoldObjects(live).flatMap((version) => {
    const now = live.spec.versions.find(({ name }) => name === version);
    const next = manifest.spec.versions.find(({ name }) => name === version);
    if (now === undefined || next === undefined) return [];
    const lost = prunedFields(now.schema?.openAPIV3Schema, next.schema?.openAPIV3Schema);
    return lost.map((field) => `${version}${field}`);
  });
}

/** storedVersions may have been pruned although objects are left (migration/definition/proof.ts). */
function versionsThatMayHoldObjects(live: Definition): string[] {
  if (whyProven(live, undefined) === undefined) return versionNamesOfDefinition(live);
  return [...new Set([storageVersion(live), ...(live.status?.storedVersions ?? [])])];
}
