import type { Definition } from "../../crd/definition";
import { versionsThatMayBeStored } from "../../migration/definition/mayBeStored";
import { prunedFields } from "../../compatibility/prunedFields";

/**
 * Fields that the new schema of a version lacks although objects are stored in that version, be it the live storage version or
 * one before it. What is stored is pruned by it at the next read, so not even the rehearsal would see them any more; no webhook
 * is asked for a version's own objects.
 */
export function schemaNotNarrowed(manifest: Definition, live: Definition | undefined): string[] {
  if (live === undefined) return [];
  return versionsThatMayBeStored(live, undefined).flatMap((version) => {
    const now = live.spec.versions.find(({ name }) => name === version);
    const next = manifest.spec.versions.find(({ name }) => name === version);
    if (now === undefined || next === undefined) return [];
    const lost = prunedFields(now.schema?.openAPIV3Schema, next.schema?.openAPIV3Schema);
    return lost.map((field) => `${version}${field}`);
  });
}
