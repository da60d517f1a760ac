import type { NodeCheck } from "../../check";
import { isSameSchemaType, isWiderSchemaType, schemaTypeOf } from "../../schemaType";

export const typeChanged: NodeCheck = {
  id: "type-changed",
  severity: "error",
  explain: "The type is another one, and values of the old type are refused. Nothing below such a field is compared.",
  why: "What clients send is refused, and no object that is stored with the old type can be written again.",
  fix: "Leave the field as it is and add a new one, or change the type in a new version with a conversion webhook.",
  keywords: ["type", "x-kubernetes-int-or-string"],
  concerns: "data",
  compare: ({ old, next }) =>
    isSameSchemaType(old, next) || isWiderSchemaType(old, next)
      ? []
      : [{ what: `type ${schemaTypeOf(old)} → ${schemaTypeOf(next)}` }],
};
