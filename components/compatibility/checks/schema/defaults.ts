import { canonicalText } from "../../../crd/canonical";
import type { Schema } from "../../../crd/definition";
import type { NodeCheck } from "../../check";
import { describeChange } from "../../describeValue";

/** `default: null` is none: the API server does not store it. */
const defaultOf = (schema: Schema): unknown => schema["default"] ?? undefined;

const isSameDefault = (old: unknown, next: unknown): boolean =>
  canonicalText({ default: old }) === canonicalText({ default: next });

function defaultCheck(
  check: Pick<NodeCheck, "id" | "severity" | "explain" | "why" | "fix">,
  applies: (old: unknown, next: unknown) => boolean,
): NodeCheck {
  return {
    ...check,
    keywords: ["default"],
    concerns: "clients",
    compare: ({ old, next }) => {
      const [before, after] = [defaultOf(old), defaultOf(next)];
      return applies(before, after) ? [{ what: describeChange("default", before, after) }] : [];
    },
  };
}

export const defaultAdded = defaultCheck(
  {
    id: "default-added",
    severity: "warning",
    explain: "A field that was there before has a default now. The default of a new field is no finding.",
    why: "Every object without the field shows the default from now on, also to clients for which its absence means something.",
    fix: "Make sure that the default means what the absence of the field meant.",
  },
  (old, next) => old === undefined && next !== undefined,
);

export const defaultChanged = defaultCheck(
  {
    id: "default-changed",
    severity: "error",
    explain: "The default is another one.",
    why: "The same request now makes another object, and stored objects that lack the field change when they are read.",
    fix: "Keep the old default, or change it in a new version with a conversion webhook that writes the old one down.",
  },
  (old, next) => old !== undefined && next !== undefined && !isSameDefault(old, next),
);

export const defaultRemoved = defaultCheck(
  {
    id: "default-removed",
    severity: "error",
    explain: "The default is gone.",
    why: "Objects for which nobody set the field no longer have it, and clients that count on it find nothing.",
    fix: "Keep the default, or take it out in a new version with a conversion webhook that writes it down.",
  },
  (old, next) => old !== undefined && next === undefined,
);
