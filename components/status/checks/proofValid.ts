import { olderStoredOfFacts, type CrdFacts } from "../facts";
import type { Finding, Question } from "../finding";
import { howToMigrate } from "./howToMigrate";

/** A proof speaks of one generation of the definition, and of one etcd: after a restore or an edit it says nothing. */
export function proofValid(facts: CrdFacts, question: Question): Finding[] {
  const { proof, generation } = facts;
  if (proof === undefined || proof.valid || olderStoredOfFacts(facts).length > 0) return [];
  const since =
    proof.generation === generation
      ? "etcd is older than it: it was restored"
      : `it is of generation ${proof.generation}, and the CRD is at ${generation}`;
  return [
    {
      verdict: "migrate",
      problem: {
        what: `the proof of its last migration does not hold any more: ${since}`,
        expected: "a proof of the CRD as it is",
        why: "somebody edited the CRD, or restored etcd, since every object was proven to be stored in the storage version",
        next: howToMigrate(facts, question),
      },
    },
  ];
}
