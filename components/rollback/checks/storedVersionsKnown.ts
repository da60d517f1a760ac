import { versionNamesOfDefinition } from "../../crd/definition";
import type { Problem } from "../../kubernetes/problem";
import type { RollbackFacts } from "../facts";

/** The API server refuses every edit of such a CRD. It comes from a restored etcd, or from a status written by hand. */
export function storedVersionsKnown({ live }: RollbackFacts): Problem[] {
  const known = versionNamesOfDefinition(live);
  const unknown = (live.status?.storedVersions ?? []).filter((name) => !known.includes(name));
  if (unknown.length === 0) return [];
  const names = unknown.join(", ");
  return [
    {
      what: `${live.metadata.name}: status.storedVersions names ${names}, which spec.versions does not have`,
      expected: `only versions of ${known.join(", ")}`,
      why: "the API server refuses every edit of this CRD, and cannot read an object that is stored so",
      next: `put ${names} back into the manifest (served: false) with its schema, and run this command again`,
    },
  ];
}
