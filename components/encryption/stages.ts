import type { EncryptionConfiguration } from "./configuration";
import type { Wanted } from "./wanted";

/** The three edits of the file; migrate makes none. */
export type Stage = "distribute" | "promote" | "retire";

/**
 * The file after a stage. A stage with nothing to do gives back what it was given: compare with `sameConfiguration`, not
 * by text, and write only where they differ, so that a file someone formatted otherwise stays as it is.
 *
 * @param material base64 by key name; only distribute adds keys, the other two rearrange what the file holds
 * @throws UserError where distribute lacks a key's material, where promote or retire find a key not distributed yet, or
 *   where no file of this shape would be taken by the API server
 */
export function configurationAt(
  stage: Stage,
  live: EncryptionConfiguration,
  wanted: Wanted,
  material: Readonly<Record<string, string>> = {},
): EncryptionConfiguration {
  throw new Error(
    `not yet: ${stage} ${live.entries.length} ${wanted.resources.join()} ${Object.keys(material).length}`,
  );
}

export function sameConfiguration(left: EncryptionConfiguration, right: EncryptionConfiguration): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/**
 * Does a proof of this resource outlive our writing `after` over `before`? Yes where the write key is the same in both: nothing can
 * have been written with another. Record the proof again under the new file's hash then; preview counts on it.
 */
export function keepsProof(before: EncryptionConfiguration, after: EncryptionConfiguration, resource: string): boolean {
  throw new Error(`not yet: ${before.entries.length} ${after.entries.length} ${resource}`);
}
