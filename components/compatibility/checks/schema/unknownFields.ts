import type { NodeCheck } from "../../check";
import { describeChange } from "../../describeValue";
import { schemaTypeOf } from "../../schemaType";
import { IMPLIED, keepsUnknownFields, schemaOfFieldValues, schemaOfField } from "../../schemaFields";

const KEYWORD = "x-kubernetes-preserve-unknown-fields";

export const preserveUnknownFieldsOff: NodeCheck = {
  id: "preserve-unknown-fields-off",
  severity: "error",
  explain: `\`${KEYWORD}\` is turned off. Turning it on is no finding.`,
  why: "The API server deletes every field that the schema does not name from each object at its next read and write.",
  fix: "Leave it on, or name every field that any object has.",
  keywords: [KEYWORD],
  concerns: "data",
  compare: ({ old, next }) =>
    keepsUnknownFields(old) && !keepsUnknownFields(next) ? [{ what: describeChange(KEYWORD, true, false) }] : [],
};

export const unknownFieldDescribed: NodeCheck = {
  id: "unknown-field-described",
  severity: "warning",
  explain: "A field is new in a place that keeps unknown fields: objects may have had it all along, with any value.",
  why: "An object that has something else under this name is refused at its next write, or loses what the new schema does not name.",
  fix: "Look whether objects have a field of this name, and what is in it.",
  keywords: [],
  concerns: "data",
  compare: ({ old, next, isResource }) => {
    if (!keepsUnknownFields(old) || !keepsUnknownFields(next) || schemaOfFieldValues(old) !== undefined) return [];
    return Object.entries(next.properties ?? {})
      .filter(([name]) => schemaOfField(old, name) === undefined && !(isResource && IMPLIED.includes(name)))
      .filter(([, field]) => !(schemaTypeOf(field) === "any" && keepsUnknownFields(field)))
      .map(([name, field]) => ({ below: `.${name}`, what: `anything → field (${schemaTypeOf(field)})` }));
  },
};
