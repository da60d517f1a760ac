import type { CrdFacts } from "../facts";
import type { Finding, Question } from "../finding";

/** Nothing can be created or changed any more, and a finalizer that nobody serves holds it for ever. */
export function beingDeleted(facts: CrdFacts, { kubectl }: Question): Finding[] {
  if (facts.deletionTimestamp === undefined) return [];
  const terminating = facts.conditions.find(({ type }) => type === "Terminating");
  const said = terminating?.message === undefined ? "" : ` (${terminating.message})`;
  const all = facts.scope === "Namespaced" ? " -A" : "";
  return [
    {
      verdict: "blocked",
      problem: {
        what: `it is being deleted since ${facts.deletionTimestamp}${said}`,
        expected: "a CRD that stays, or one that is gone",
        why: "an upgrade waits for it, or fails; objects with finalizers hold it",
        next: `kubectl${kubectl} get ${facts.plural}.${facts.group}${all} -o custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,FINALIZERS:.metadata.finalizers`,
      },
    },
  ];
}
