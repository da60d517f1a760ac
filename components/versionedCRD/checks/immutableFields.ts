import type { Definition } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";

/**
 * What the API server never changes on an established CRD, because the objects in etcd hang on it.
 * apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go, validateCustomResourceDefinitionSpecUpdate
 */
export function immutableFields(manifest: Definition, live: Definition | undefined): string[] {
  const established = live?.status?.conditions?.some(({ type, status }) => type === "Established" && status === "True");
  if (live === undefined || established !== true) return [];
  const name = manifest.metadata.name;
  const fields: [string, string, string][] = [
    ["spec.scope", live.spec.scope, manifest.spec.scope],
    ["spec.names.kind", live.spec.names.kind, manifest.spec.names.kind],
  ];
  return fields
    .filter(([, found, wanted]) => found !== wanted)
    .map(([field, found, wanted]) =>
      describeProblem({
        what: `${name}: ${field} is ${wanted} in the manifest and ${found} in the cluster`,
        expected: found,
        why: "it can never change",
        next: `put ${found} back in the manifest, or make a new CRD (another spec.names.plural or spec.group, a VersionedCRD of its own) and copy the objects from the old one to it`,
      }),
    );
}
