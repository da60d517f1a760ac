import type { CrdFacts } from "../facts";
import type { Question } from "../finding";

/** A CRD that a VersionedCRD owns is moved by its program alone. */
export function howToMigrate({ manifest }: CrdFacts, { migrate }: Question): string {
  const owner = manifest.versionedCRD;
  return owner === undefined ? migrate : `run \`pulumi up\` of the program that owns it: ${owner}`;
}
