import type { Definition } from "../crd/definition";
import { canonicalDigest } from "../crd/canonical";

/**
 * What a rehearsal speaks for: the whole spec, since every change of it moves the generation. With less, a changed
 * shortName would void the rehearsal during the run although preview had counted on it.
 */
export function digestRehearsedSchema(manifest: Definition): string {
  return canonicalDigest(manifest.spec);
}
