import { ExactNumber } from "./exactJson";
import { isEqualJson, isJsonMap } from "./jsonValue";
import { fieldSchema, INT_OR_STRING, type SchemaNode } from "./schema";

/**
 * Whether the value has the type that the schema says, so that a user's function gets what its own types promise. Bounds
 * and patterns are the API server's: a pattern is RE2 there, and here could be made to run for ever.
 */
export function fitsSchema(schema: SchemaNode | undefined, value: unknown): boolean {
  if (schema === undefined || value === undefined) return true;
  if (value === null) return schema.nullable === true;
  if (schema.enum !== undefined && !schema.enum.some((allowed) => isEqualJson(allowed, value))) return false;
  if (schema[INT_OR_STRING] === true) return typeof value === "string" || isInteger(value, false);
  switch (schema.type) {
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return isInteger(value, schema.format === "int64");
    case "number":
      return typeof value === "number" || value instanceof ExactNumber;
    case "array":
      return Array.isArray(value) && value.every((element) => fitsSchema(schema.items, element));
    case "object":
      return (
        isJsonMap(value) && Object.entries(value).every(([key, field]) => fitsSchema(fieldSchema(schema, key), field))
      );
    case undefined:
    default:
      return true;
  }
}

/** Where no int64 is promised, an integer beyond 2^53 would reach the user's function as a bigint that it does not expect. */
function isInteger(value: unknown, int64: boolean): boolean {
  const number = value instanceof ExactNumber ? Number(value.text) : value;
  return Number.isSafeInteger(number) || (int64 && Number.isInteger(number));
}

/** What the schema asks for, in words. */
export function expectedBySchema(schema: SchemaNode | undefined): string {
  if (schema?.enum !== undefined) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(", ")}`;
  return schema?.[INT_OR_STRING] === true ? "an integer or a string" : (schema?.type ?? "anything");
}
