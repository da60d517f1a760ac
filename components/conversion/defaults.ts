import { isEqualJson, isJsonMap, ownJsonField } from "./jsonValue";
import { fieldSchema, type SchemaNode } from "./schema";

/** The value with the defaults that the API server fills in after a conversion. */
export function withDefaults(schema: SchemaNode | undefined, value: unknown): unknown {
  if (schema === undefined) return value;
  if (value === undefined || (value === null && schema.nullable !== true)) {
    return schema.default === undefined ? value : withDefaults({ ...schema, default: undefined }, schema.default);
  }
  if (Array.isArray(value)) return value.map((element) => withDefaults(schema.items, element));
  if (!isJsonMap(value)) return value;
  const fields = new Map(
    Object.entries(value).map(([key, field]) => [key, withDefaults(fieldSchema(schema, key), field)]),
  );
  for (const [key, node] of Object.entries(schema.properties ?? {})) {
    const field = withDefaults(node, ownJsonField(value, key));
    if (field !== undefined) fields.set(key, field);
  }
  return Object.fromEntries(fields);
}

/** True where both are the same in what the API server shows, its defaults filled in. */
export function isEqualWithDefaults(schema: SchemaNode | undefined, first: unknown, second: unknown): boolean {
  return isEqualJson(first, second) || isEqualJson(withDefaults(schema, first), withDefaults(schema, second));
}
