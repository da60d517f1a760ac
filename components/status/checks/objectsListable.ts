import type { CrdFacts } from "../facts";
import type { Finding, Question } from "../finding";

/** One object that cannot be read or converted breaks the LIST of all, and every controller that watches them. */
export function objectsListable(facts: CrdFacts, { kubectl }: Question): Finding[] {
  const { objects, group, plural, scope } = facts;
  if (objects.state !== "unreadable") return [];
  const isWebhook = /conversion webhook/.test(objects.why);
  return [
    {
      verdict: "broken",
      problem: {
        what: `its objects cannot be listed: ${objects.why}`,
        expected: "a LIST that answers",
        why: isWebhook
          ? "the API server can convert nothing, so nobody can list or watch these objects"
          : "one object that cannot be decoded, decrypted or converted is enough; nobody can list or watch the others",
        next: isWebhook
          ? "bring the conversion webhook back (see below)"
          : `mend or delete the object it names (in etcd, where the API cannot), or put back the version or key it needs; then kubectl${kubectl} get ${plural}.${group}${scope === "Namespaced" ? " -A" : ""}`,
      },
    },
  ];
}
