import type { NodeCheck } from "../../check";
import { schemaTypeOf } from "../../schemaType";
import { IMPLIED, keepsUnknownFields, schemaOfFieldValues, schemaOfField } from "../../schemaFields";

export const fieldRemoved: NodeCheck = {
  id: "field-removed",
  severity: "error",
  explain: "A field is gone, and its parent neither keeps unknown fields nor takes free keys.",
  why: "The API server deletes the field from each object at its next read and write, and clients that set it are ignored.",
  fix: "Put the field back. If it has no use any more, say so in its description, or leave it out of a new version.",
  keywords: [],
  concerns: "data",
  compare: ({ old, next, isResource }) => {
    if (keepsUnknownFields(next) || schemaOfFieldValues(next) !== undefined) return [];
    return Object.entries(old.properties ?? {})
      .filter(([name]) => schemaOfField(next, name) === undefined && !(isResource && IMPLIED.includes(name)))
      .map(([name, field]) => ({ below: `.${name}`, what: `field (${describeType(schemaTypeOf(field))}) → none` }));
  },
};

const describeType = (type: string): string => (type === "any" ? "any type" : type);
