import type { Definition } from "../../crd/definition";
import type { Problem } from "../../kubernetes/problem";
import { missingStoredVersion } from "../../migration/definition/outlivedObjects";

/** @param said by the API server, of why it cannot read an object */
export function storedInMissingVersion(live: Definition, said: string): Problem | undefined {
  const version = missingStoredVersion(live, said);
  if (version === undefined) return undefined;
  return {
    what: `${live.metadata.name}: there are objects stored as ${version}, which the CRD does not have`,
    expected: "every object to be stored in a version of the CRD",
    why: "the version was taken out too early, or they outlived an earlier CRD of this name; nobody can read them",
    next: `add ${version} to the manifest, served, and run \`pulumi up\` again: it rewrites them`,
  };
}
