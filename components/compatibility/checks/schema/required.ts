import type { Schema } from "../../../crd/definition";
import type { Change, NodeCheck, Pair } from "../../check";
import { describeValue } from "../../describeValue";
import { schemaOfField } from "../../schemaFields";

const namesOf = (schema: Schema): string[] => (schema["required"] ?? []) as string[];

const defaultOf = (schema: Schema, name: string): unknown => schemaOfField(schema, name)?.["default"];

/** Names that are required now, were not, and that the API server does or does not fill in by itself. */
function newlyRequired({ old, next }: Pair, hasDefault: boolean): string[] {
  const before = new Set(namesOf(old));
  return namesOf(next).filter((name) => !before.has(name) && (defaultOf(next, name) !== undefined) === hasDefault);
}

const changeOf = (name: string, what: string): Change => ({ below: `.${name}`, what });

export const requiredAdded: NodeCheck = {
  id: "required-added",
  severity: "error",
  explain:
    "A field, old or new, is required in a place that was there before, and has no default. It may be required inside a new optional parent.",
  why: "Clients that leave the field out are refused, and so is the next write of each object that lacks it.",
  fix: "Leave the field optional, give it a default, or require it in a new version with a conversion webhook.",
  keywords: ["required"],
  concerns: "clients",
  compare: (pair) => newlyRequired(pair, false).map((name) => changeOf(name, "optional → required, without a default")),
};

export const requiredWithDefault: NodeCheck = {
  id: "required-with-default",
  severity: "info",
  explain: "A field is newly required and has a default.",
  why: "The API server fills in the default before it validates, so no client is refused.",
  fix: "Nothing, as long as the default stays.",
  keywords: ["required"],
  concerns: "clients",
  compare: (pair) =>
    newlyRequired(pair, true).map((name) =>
      changeOf(name, `optional → required, with the default ${describeValue(defaultOf(pair.next, name))}`),
    ),
};

export const requiredRemoved: NodeCheck = {
  id: "required-removed",
  severity: "info",
  explain: "A field that was required is optional now.",
  why: "No client is refused, but one that counts on the field may meet an object without it.",
  fix: "Tell the owners of clients that read the field.",
  keywords: ["required"],
  concerns: "clients",
  compare: ({ old, next }) => {
    const after = new Set(namesOf(next));
    return namesOf(old)
      .filter((name) => !after.has(name) && schemaOfField(next, name) !== undefined)
      .map((name) => changeOf(name, "required → optional"));
  },
};
