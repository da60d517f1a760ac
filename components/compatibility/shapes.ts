import type { Schema } from "../crd/definition";
import { isEmbeddedResourceType } from "./schemaType";
import { keepsUnknownFields } from "./schemaFields";

/**
 * Tells in one step whether two nodes keep the same fields, for as long as no schema changes: forty versions are compared
 * each with each, and most of what they hold is the same.
 */
export function shapeComparer(): (left: Schema, right: Schema) => boolean {
  const ids = new Map<string, number>();
  const known = new WeakMap<Schema, number>();
  const idOf = (schema: Schema): number => {
    const before = known.get(schema);
    if (before !== undefined) return before;
    const text = describeShape(schema, idOf);
    const id = ids.get(text) ?? ids.size;
    ids.set(text, id);
    known.set(schema, id);
    return id;
  };
  return (left, right) => idOf(left) === idOf(right);
}

function describeShape(schema: Schema, idOf: (child: Schema) => number): string {
  const { type, properties, items, additionalProperties: values } = schema;
  return JSON.stringify([
    type,
    keepsUnknownFields(schema),
    isEmbeddedResourceType(schema),
    properties && Object.entries(properties).map(([name, field]) => [name, idOf(field)]),
    items && idOf(items),
    typeof values === "object" ? idOf(values) : values,
  ]);
}
