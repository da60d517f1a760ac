import type { Definition } from "../definition";

/** The rewrite goes through the storage version's own endpoint, which an unserved version does not have. */
export function storageVersionServed(manifest: Definition): string[] {
  return manifest.spec.versions
    .filter((version) => version.storage && !version.served)
    .map(
      ({ name }) =>
        `spec.versions: ${name} is storage: true and served: false; expected a served storage version; set served: true on ${name}`,
    );
}
