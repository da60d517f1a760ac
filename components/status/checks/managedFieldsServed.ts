import { describeSampleFacts, type CrdFacts } from "../facts";
import type { Finding, Question } from "../finding";
import { howToMigrate } from "./howToMigrate";
import { describeCount } from "../../kubernetes/count";

/** Server-side apply fails on an object whose managedFields name a version that is gone. https://github.com/kubernetes/kubernetes/issues/111937 */
export function managedFieldsServed(facts: CrdFacts, question: Question): Finding[] {
  const { sample, versions } = facts;
  if (sample === undefined) return [];
  const found = Object.entries(sample.managedFields);
  if (found.length === 0) return [];
  const isGone = found.some(([version]) => !versions.some(({ name }) => name === version));
  return [
    {
      verdict: isGone ? "migrate" : "ok",
      problem: {
        what: `managedFields name ${isGone ? "a version that the CRD does not have any more" : "a version that is not served"}${describeSampleFacts(sample)}`,
        items: found.map(([version, objects]) => `${version}: ${describeCount(objects, "object")}`),
        expected: "served versions only",
        why: isGone
          ? "server-side apply of these objects fails"
          : "server-side apply of these objects fails as soon as the version leaves the CRD",
        next: howToMigrate(facts, question),
      },
    },
  ];
}
