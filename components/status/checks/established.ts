import type { ConditionFacts, CrdFacts } from "../facts";
import type { Finding, Question } from "../finding";

/** A CRD that is not established is not served, and its objects cannot be reached. */
export function established(facts: CrdFacts, { kubectl }: Question): Finding[] {
  if (facts.deletionTimestamp !== undefined) return [];
  const bundle = facts.webhook?.caBundle.wrong;
  if (bundle !== undefined) {
    return [
      {
        verdict: "blocked",
        problem: {
          what: `spec.conversion.webhook.clientConfig.caBundle ${bundle}`,
          expected: "base64 of the PEM certificates that sign the webhook's own",
          why: `the API server cannot ask the webhook${messageOfCondition(facts, "Established")}`,
          next: "put the authority's certificates there, or see why its injector (say, cert-manager's cainjector) did not",
        },
      },
    ];
  }
  return ["NamesAccepted", "Established"]
    .flatMap((type) => {
      const condition = findCondition(facts, type);
      if (condition?.status === "True") return [];
      return [
        {
          verdict: "blocked" as const,
          problem: {
            what: `its condition ${type} is ${condition?.status ?? "not there"}${messageOfCondition(facts, type)}`,
            expected: "True",
            why: "the API server does not serve it, so its objects cannot be reached",
            next: `kubectl${kubectl} describe crd ${facts.name}`,
          },
        },
      ];
    })
    .slice(0, 1);
}

function findCondition(facts: CrdFacts, type: string): ConditionFacts | undefined {
  return facts.conditions.find((condition) => condition.type === type);
}

function messageOfCondition(facts: CrdFacts, type: string): string {
  const { reason, message, status } = findCondition(facts, type) ?? {};
  return status === "True" || reason === undefined ? "" : ` (${reason}: ${message ?? ""})`;
}
