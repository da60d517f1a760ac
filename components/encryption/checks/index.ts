import type { EncryptionConfiguration } from "../configuration";
import type { Wanted } from "../wanted";

export interface Findings {
  /** Refuse: preview and `up` fail with these. */
  errors: string[];
  /** Said on the row; nothing is held up. */
  warnings: string[];
}

/**
 * Everything that can be said of a rotation before anything is written.
 *
 * @param material base64 by key name, as far as it is known (a preview does not know keys that are made in the same run)
 */
export function checkRotation(
  live: EncryptionConfiguration,
  wanted: Wanted,
  material: Readonly<Record<string, string>> = {},
): Findings {
  throw new Error(`not yet: ${live.entries.length} ${wanted.resources.join()} ${Object.keys(material).length}`);
}

/** A resource's record as the check needs it. */
export interface ProvenFor {
  resource: string;
  /** label() of the key that every object was proven to be written with. */
  writeKey: string;
}

/** Why retire may not run yet: every resource needs a valid proof for exactly the wanted write key. [] = it may. */
export function checkRetire(
  live: EncryptionConfiguration,
  wanted: Wanted,
  resources: readonly string[],
  validProofs: readonly ProvenFor[],
): string[] {
  throw new Error(
    `not yet: ${live.entries.length} ${wanted.resources.join()} ${resources.join()} ${validProofs.length}`,
  );
}

/** A warning for each key older than `maxKeyAge` days. `made`: by key label, when it was first seen written (ISO 8601). */
export function checkKeyAge(
  made: Readonly<Record<string, string>>,
  maxKeyAge: number | undefined,
  now: Date,
): string[] {
  throw new Error(`not yet: ${Object.keys(made).length} ${maxKeyAge} ${now.toISOString()}`);
}
