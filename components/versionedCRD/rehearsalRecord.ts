import type { Definition } from "../crd/definition";
import { recordedRehearsal } from "../migration/definition/recordedOnDefinition";
import { canonicalDigest } from "../crd/canonical";

export function hasValidRehearsal(live: Definition, version: string, schema?: string): boolean {
  const record = recordedRehearsal(live);
  if (record === undefined || record.version !== version || record.uid !== live.metadata.uid) return false;
  return record.generation === live.metadata.generation && (schema === undefined || record.schema === schema);
}

/**
 * What a rehearsal speaks for: the whole spec, since every change of it moves the generation. With less, a changed
 * shortName would void the rehearsal during the run although preview had counted on it.
 */
export function digestRehearsedSchema(manifest: Definition): string {
  return canonicalDigest(manifest.spec);
}
