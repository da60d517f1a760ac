import type { CrdFacts } from "../facts";
import type { Finding, Question } from "../finding";
import { howToMigrate } from "./howToMigrate";

/** They outlived an earlier CRD of this name: what is stored was decided by that one. */
export function olderThanDefinition(facts: CrdFacts, question: Question): Finding[] {
  if (facts.outlived !== true) return [];
  return [
    {
      verdict: "migrate",
      problem: {
        what: "objects may be stored in any version of the CRD",
        expected: `every one to be proven stored as ${facts.storage}`,
        why: "they outlived an earlier CRD of this name, or the version in which they are stored was taken out for a while; storedVersions does not tell",
        next: howToMigrate(facts, question),
      },
    },
  ];
}
