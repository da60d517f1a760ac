import type { Schema } from "../crd/definition";

/** A node of which nothing is known: it keeps whatever it is given. */
export const ANYTHING: Schema = { "x-kubernetes-preserve-unknown-fields": true };

/** What every object has, whatever its schema says. */
export const IMPLIED: readonly string[] = ["apiVersion", "kind", "metadata"];

export function keepsUnknownFields(schema: Schema): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true;
}

/** The schema of a map's values; `true` and `{}` both mean any value. */
export function schemaOfFieldValues(schema: Schema): Schema | undefined {
  const values = schema.additionalProperties;
  if (values === undefined || values === false) return undefined;
  return values === true || Object.keys(values).length === 0 ? ANYTHING : values;
}

/** The field of that name. A field may be called `constructor`, so only own keys count. */
export function schemaOfField(schema: Schema, name: string): Schema | undefined {
  const { properties } = schema;
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}
