import type { Schema } from "../../../crd/definition";
import type { NodeCheck } from "../../check";
import { describeChange } from "../../describeValue";

interface Rule {
  rule?: string;
  message?: string;
  optionalOldSelf?: boolean;
}

const KEYWORD = "x-kubernetes-validations";

const rulesOf = (schema: Schema): Rule[] => (schema[KEYWORD] ?? []) as Rule[];

/** What the rule asks, whatever it says when it refuses. Line breaks and indents mean nothing outside of quotes. */
function meaningOf({ rule = "", optionalOldSelf = false }: Rule): string {
  const text = rule
    .replace(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\s+/g, (_all, quoted?: string) => quoted ?? " ")
    .trim();
  // With optionalOldSelf a rule about a change holds for a new object, too.
  return optionalOldSelf ? `${text} (optionalOldSelf)` : text;
}

function without(rules: readonly Rule[], others: readonly Rule[]): Rule[] {
  const known = new Set(others.map(meaningOf));
  return rules.filter((rule) => !known.has(meaningOf(rule)));
}

/** The rule of before that was edited into this one: it says the same when it refuses, or it is the only one. */
function formerOf(rule: Rule, added: readonly Rule[], gone: readonly Rule[]): Rule | undefined {
  if (added.length === 1 && gone.length === 1) return gone[0];
  return rule.message === undefined ? undefined : gone.find(({ message }) => message === rule.message);
}

export const validationRuleAdded: NodeCheck = {
  id: "validation-rule-added",
  severity: "error",
  explain: `A CEL rule of \`${KEYWORD}\` is new or another one. Another message, another order and a rule that is gone are no findings.`,
  why: "Clients whose objects break the rule are refused, and so is the next write of each stored object that breaks it.",
  fix: "Look whether stored objects keep the rule, then acknowledge the finding, or add the rule in a new version.",
  keywords: [KEYWORD],
  concerns: "clients",
  compare: ({ old, next }) => {
    const added = without(rulesOf(next), rulesOf(old));
    const gone = without(rulesOf(old), rulesOf(next));
    return added.map((rule) => {
      const former = formerOf(rule, added, gone);
      return { what: describeChange("rule", former && meaningOf(former), meaningOf(rule)) };
    });
  },
};
