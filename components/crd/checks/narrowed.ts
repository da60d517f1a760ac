import { storageVersion, type Definition } from "../definition";
import { prunedFields } from "./pruned";

/**
 * Fields that the live storage version's own new schema lacks. What is stored is pruned by it at the next read, so not even
 * the rehearsal would see them any more; no webhook is asked for a version's own objects.
 */
export function narrowed(manifest: Definition, live: Definition | undefined): string[] {
  if (live === undefined) return [];
  const storage = storageVersion(live);
  const now = live.spec.versions.find(({ name }) => name === storage);
  const next = manifest.spec.versions.find(({ name }) => name === storage);
  if (now === undefined || next === undefined) return [];
  const lost = prunedFields(now.schema?.openAPIV3Schema, next.schema?.openAPIV3Schema);
  return lost.map((field) => `${storage}${field}`);
}
