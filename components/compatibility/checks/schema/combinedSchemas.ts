import { canonicalText } from "../../../crd/canonical";
import type { Schema } from "../../../crd/definition";
import type { NodeCheck } from "../../check";
import { describeValues } from "../../describeValue";

const INT_OR_STRING = canonicalText([{ type: "integer" }, { type: "string" }]);

/** The branches of a keyword that holds several schemas, without what generators write beside int-or-string. */
function branchesOf(schema: Schema, keyword: string): unknown[] {
  const branches = (schema[keyword] ?? []) as unknown[];
  if (schema["x-kubernetes-int-or-string"] !== true) return branches;
  if (keyword === "anyOf") return canonicalText(branches) === INT_OR_STRING ? [] : branches;
  const implied = canonicalText({ anyOf: [{ type: "integer" }, { type: "string" }] });
  return keyword === "allOf" ? branches.filter((branch) => canonicalText(branch) !== implied) : branches;
}

const isSubset = (branches: readonly unknown[], of: readonly unknown[]): boolean => {
  const known = new Set(of.map(canonicalText));
  return branches.every((branch) => known.has(canonicalText(branch)));
};

function combinedCheck(
  id: string,
  keyword: string,
  passes: string,
  isHarmless: (old: readonly unknown[], next: readonly unknown[]) => boolean,
): NodeCheck {
  return {
    id,
    severity: "error",
    explain: `\`${keyword}\` differs. What its schemas say is not worked out; ${passes} and another order are no findings.`,
    why: "Objects that were valid may be refused, whether clients send them or they are stored.",
    fix: "Work out whether every object that was valid is valid still, then acknowledge the finding, or keep the old form.",
    keywords: [keyword],
    concerns: "clients",
    compare: ({ old, next }) => {
      const [before, after] = [branchesOf(old, keyword), branchesOf(next, keyword)];
      if (after.length === 0 || isHarmless(before, after)) return [];
      return [{ what: `${keyword} ${describeValues(before)} → ${describeValues(after)}` }];
    },
  };
}

export const notChanged: NodeCheck = {
  ...combinedCheck("not-changed", "not", "a `not` that is gone", () => false),
  compare: ({ old, next }) => {
    const [before, after] = [old["not"], next["not"]];
    if (after === undefined || canonicalText(before) === canonicalText(after)) return [];
    return [{ what: `not ${describeValues(before === undefined ? [] : [before])} → ${describeValues([after])}` }];
  },
};

export const combinedSchemas: readonly NodeCheck[] = [
  combinedCheck("all-of-changed", "allOf", "a schema less", (old, next) => isSubset(next, old)),
  combinedCheck(
    "any-of-changed",
    "anyOf",
    "a schema more, a keyword that is gone",
    (old, next) => old.length > 0 && isSubset(old, next),
  ),
  combinedCheck(
    "one-of-changed",
    "oneOf",
    "a keyword that is gone",
    (old, next) => old.length === next.length && isSubset(old, next) && isSubset(next, old),
  ),
  notChanged,
];
