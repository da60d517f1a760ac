import { canonicalText } from "../../../crd/canonical";
import type { Schema } from "../../../crd/definition";
import type { NodeCheck, Pair } from "../../check";
import { describeValues } from "../../describeValue";

const valuesOf = (schema: Schema): unknown[] | undefined => {
  const values = schema["enum"];
  return Array.isArray(values) && values.length > 0 ? values : undefined;
};

/** Values of the first list that the second lacks; as data, so that `""`, `false` and `[]` count. */
function without(values: readonly unknown[], others: readonly unknown[]): unknown[] {
  const known = new Set(others.map((value) => canonicalText({ default: value })));
  return values.filter((value) => !known.has(canonicalText({ default: value })));
}

/** Both enums, where both sides have one. */
function bothEnums({ old, next }: Pair): [old: unknown[], next: unknown[]] | undefined {
  const [before, after] = [valuesOf(old), valuesOf(next)];
  return before === undefined || after === undefined ? undefined : [before, after];
}

const fromTo = (before: unknown[], after: unknown[]): string =>
  `enum ${describeValues(before)} → ${describeValues(after)}`;

export const enumValueRemoved: NodeCheck = {
  id: "enum-value-removed",
  severity: "error",
  explain: "A value of the enum is gone.",
  why: "Clients that send the value are refused, and so is the next write of each object that has it.",
  fix: "Keep the value, or take it out in a new version with a conversion webhook that maps it to another.",
  keywords: ["enum"],
  concerns: "clients",
  compare: (pair) => {
    const enums = bothEnums(pair);
    const gone = enums === undefined ? [] : without(...enums);
    return enums === undefined || gone.length === 0
      ? []
      : [{ what: `${fromTo(...enums)}, without ${describeValues(gone)}` }];
  },
};

export const enumAdded: NodeCheck = {
  id: "enum-added",
  severity: "error",
  explain: "A field that took any value of its type has an enum now.",
  why: "Clients that send another value are refused, and so is the next write of each object that has one.",
  fix: "Leave the field open, or add the enum in a new version with a conversion webhook.",
  keywords: ["enum"],
  concerns: "clients",
  compare: ({ old, next }) => {
    const after = valuesOf(next);
    return valuesOf(old) !== undefined || after === undefined ? [] : [{ what: `enum none → ${describeValues(after)}` }];
  },
};

export const enumValueAdded: NodeCheck = {
  id: "enum-value-added",
  severity: "warning",
  explain:
    "The enum of a served version has a value more, or is gone. crdify calls this an error and OLM lets it pass: no write is refused, but readers see it.",
  why: "A client that was built for the old values may meet one that it does not know.",
  fix: "Make sure that clients take an unknown value in their stride before anybody writes one.",
  keywords: ["enum"],
  concerns: "clients",
  compare: (pair) => {
    const before = valuesOf(pair.old);
    if (before === undefined) return [];
    const after = valuesOf(pair.next);
    if (after === undefined) return [{ what: `enum ${describeValues(before)} → none` }];
    const added = without(after, before);
    return added.length === 0 ? [] : [{ what: `${fromTo(before, after)}, with ${describeValues(added)} new` }];
  },
};
