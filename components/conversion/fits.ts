import { ExactNumber } from "./exactJson";
import { equal, isMapValue, own } from "./json";
import { INT_OR_STRING, type SchemaNode } from "./schema";

/**
 * Whether the value has the type that the schema says, so that a user's function gets what its own types promise. Bounds
 * and patterns are the API server's: a pattern is RE2 there, and here could be made to run for ever.
 */
export function fits(schema: SchemaNode | undefined, value: unknown): boolean {
  if (schema === undefined || value === undefined) return true;
  if (value === null) return schema.nullable === true;
  if (schema.enum !== undefined && !schema.enum.some((allowed) => equal(allowed, value))) return false;
  if (schema[INT_OR_STRING] === true) return typeof value === "string" || isInteger(value);
  switch (schema.type) {
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return isInteger(value);
    case "number":
      return typeof value === "number" || value instanceof ExactNumber;
    case "array":
      return Array.isArray(value) && value.every((element) => fits(schema.items, element));
    case "object":
      return isMapValue(value) && Object.entries(value).every(([key, field]) => fits(fieldSchema(schema, key), field));
    case undefined:
    default:
      return true;
  }
}

function isInteger(value: unknown): boolean {
  if (value instanceof ExactNumber) return Number.isInteger(Number(value.text));
  return typeof value === "number" && Number.isInteger(value);
}

export function fieldSchema(schema: SchemaNode, key: string): SchemaNode | undefined {
  const described = schema.properties && (own(schema.properties, key) as SchemaNode | undefined);
  if (described !== undefined) return described;
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

/** What the schema asks for, in words. */
export function expected(schema: SchemaNode | undefined): string {
  if (schema?.enum !== undefined) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(", ")}`;
  return schema?.[INT_OR_STRING] === true ? "an integer or a string" : (schema?.type ?? "anything");
}
