import type { NodeCheck } from "../../check";
import { isSameSchemaType, isWiderSchemaType, schemaTypeOf } from "../../schemaType";

export const typeWidened: NodeCheck = {
  id: "type-widened",
  severity: "warning",
  explain: "The type takes more than before: integer → number, string or integer → int-or-string, anything → any type.",
  why: "Old values stay valid, but a client that was built for the old type cannot read a value of the new one.",
  fix: "Tell the clients' owners before anybody writes such a value, or widen the type in a new version.",
  keywords: ["type", "x-kubernetes-int-or-string"],
  concerns: "clients",
  compare: ({ old, next }) =>
    !isSameSchemaType(old, next) && isWiderSchemaType(old, next)
      ? [{ what: `type ${schemaTypeOf(old)} → ${schemaTypeOf(next)}` }]
      : [],
};
