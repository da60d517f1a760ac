import type { Definition } from "../definition";

/** The API server refuses another kind or scope, and an object of the old one could not be read as the new one. */
export function identityStays(manifest: Definition, live: Definition | undefined): string[] {
  if (live === undefined) return [];
  const name = manifest.metadata.name;
  const pairs = [
    ["spec.names.kind", live.spec.names.kind, manifest.spec.names.kind],
    ["spec.scope", live.spec.scope, manifest.spec.scope],
  ] as const;
  return pairs
    .filter(([, found, wanted]) => found !== wanted)
    .map(
      ([field, found, wanted]) =>
        `${name}: ${field} is ${wanted}; expected ${found}, as in the cluster: Kubernetes never changes it; put it back, or make a CRD of another name and copy the objects`,
    );
}
