import { storageVersion, type Definition } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";

/** The rehearsal and the clients of today read through the live storage version; it can be unserved once storage has moved. */
export function storageStaysServed(manifest: Definition, live: Definition | undefined): string[] {
  if (live === undefined) return [];
  const storage = storageVersion(live);
  const wanted = manifest.spec.versions.find(({ name }) => name === storage);
  if (wanted === undefined || wanted.served) return [];
  return [
    describeProblem({
      what: `${manifest.metadata.name}: spec.versions: ${storage} is served: false but still the live storage version`,
      expected: "served: true until every object is migrated",
      next: "keep served: true, run `pulumi up`, then unserve or remove it",
    }),
  ];
}
