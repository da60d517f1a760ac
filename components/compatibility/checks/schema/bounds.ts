import type { Schema } from "../../../crd/definition";
import type { NodeCheck } from "../../check";
import { readNumberValue } from "../../describeValue";

interface Bound {
  value: number;
  isExclusive: boolean;
}

function boundOf(schema: Schema, keyword: string, exclusive: string): Bound | undefined {
  const value = readNumberValue(schema[keyword]);
  // A length or a count is never below zero, so that such a lower bound bounds nothing.
  if (value === undefined || (value === 0 && /^min[A-Z]/.test(keyword))) return undefined;
  return { value, isExclusive: schema[exclusive] === true };
}

const describeBound = (bound: Bound | undefined): string =>
  bound === undefined ? "none" : `${bound.value}${bound.isExclusive ? " (excluded)" : ""}`;

function isTighter(old: Bound | undefined, next: Bound | undefined, isUpper: boolean): boolean {
  if (next === undefined) return false;
  if (old === undefined) return true;
  if (old.value === next.value) return next.isExclusive && !old.isExclusive;
  return isUpper ? next.value < old.value : next.value > old.value;
}

function boundCheck(id: string, keyword: string, exclusive = ""): NodeCheck {
  const isUpper = keyword.startsWith("max");
  return {
    id,
    severity: "error",
    explain: `\`${keyword}\` is new or ${isUpper ? "lower" : "higher"}${exclusive && `, or \`${exclusive}\` is turned on`}. A looser bound is no finding.`,
    why: `Clients that send what is ${isUpper ? "above" : "below"} it are refused, and so is the next write of each object that has such a value.`,
    fix: "Keep the old bound, or tighten it in a new version with a conversion webhook.",
    keywords: exclusive === "" ? [keyword] : [keyword, exclusive],
    concerns: "clients",
    compare: ({ old, next }) => {
      const [before, after] = [boundOf(old, keyword, exclusive), boundOf(next, keyword, exclusive)];
      return isTighter(before, after, isUpper)
        ? [{ what: `${keyword} ${describeBound(before)} → ${describeBound(after)}` }]
        : [];
    },
  };
}

export const bounds: readonly NodeCheck[] = [
  boundCheck("maximum-lowered", "maximum", "exclusiveMaximum"),
  boundCheck("max-length-lowered", "maxLength"),
  boundCheck("max-items-lowered", "maxItems"),
  boundCheck("max-properties-lowered", "maxProperties"),
  boundCheck("minimum-raised", "minimum", "exclusiveMinimum"),
  boundCheck("min-length-raised", "minLength"),
  boundCheck("min-items-raised", "minItems"),
  boundCheck("min-properties-raised", "minProperties"),
];
