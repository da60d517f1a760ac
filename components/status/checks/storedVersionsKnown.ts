import type { CrdFacts } from "../facts";
import type { Finding, Question } from "../finding";

/** The API server refuses every edit of such a CRD; it comes from a restored etcd, or from a status written by hand. */
export function storedVersionsKnown(facts: CrdFacts, { kubectl }: Question): Finding[] {
  const known = facts.versions.map(({ name }) => name);
  const unknown = facts.storedVersions.filter((name) => !known.includes(name));
  if (unknown.length === 0) return [];
  return [
    {
      verdict: "blocked",
      problem: {
        what: `status.storedVersions names ${unknown.join(", ")}, which spec.versions does not have`,
        expected: `only versions of ${known.join(", ")}`,
        why: "the API server refuses every edit of this CRD, and cannot read an object that is stored so",
        next: `put ${unknown.join(", ")} back into spec.versions (served: false), then migrate; see who wrote it: kubectl${kubectl} get crd ${facts.name} -o yaml --show-managed-fields`,
      },
    },
  ];
}
