import type { NodeCheck } from "../../check";
import { schemaTypeOf } from "../../schemaType";
import { keepsUnknownFields, schemaOfFieldValues } from "../../schemaFields";

export const freeKeysRemoved: NodeCheck = {
  id: "free-keys-removed",
  severity: "error",
  explain: "A map with free keys (`additionalProperties`) takes fixed fields only, or none.",
  why: "The API server deletes every key that is no field from each object at its next read and write.",
  fix: "Keep the map, or make the change in a new version with a conversion webhook.",
  keywords: [],
  concerns: "data",
  compare: ({ old, next }) => {
    const values = schemaOfFieldValues(old);
    if (values === undefined || schemaOfFieldValues(next) !== undefined || keepsUnknownFields(next)) return [];
    return [{ below: ".*", what: `additionalProperties (${schemaTypeOf(values)}) → none` }];
  },
};
