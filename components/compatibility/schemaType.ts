import type { Schema } from "../crd/definition";

/** A node of which nothing is known: it keeps whatever it is given. */
export const ANYTHING: Schema = { "x-kubernetes-preserve-unknown-fields": true };

/** What the node takes, in a word. The API server treats int-or-string as a type of its own. */
export function typeOf(schema: Schema): string {
  if (schema["x-kubernetes-int-or-string"] === true) return "int-or-string";
  return schema.type ?? "any";
}

const WIDER: Record<string, readonly string[]> = {
  integer: ["number", "int-or-string"],
  string: ["int-or-string"],
};

export function isSameType(old: Schema, next: Schema): boolean {
  return typeOf(old) === typeOf(next);
}

/** Every value of the old type is one of the new. */
export function isWiderType(old: Schema, next: Schema): boolean {
  return typeOf(next) === "any" || WIDER[typeOf(old)]?.includes(typeOf(next)) === true;
}

export function keepsUnknownFields(schema: Schema): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true;
}

/** The schema of a map's values; `true` and `{}` both mean any value. */
export function valuesOf(schema: Schema): Schema | undefined {
  const values = schema.additionalProperties;
  if (values === undefined || values === false) return undefined;
  return values === true || Object.keys(values).length === 0 ? ANYTHING : values;
}

/** What every object has, whatever its schema says. */
export const IMPLIED: readonly string[] = ["apiVersion", "kind", "metadata"];

export function isEmbeddedResource(schema: Schema): boolean {
  return schema["x-kubernetes-embedded-resource"] === true;
}

/** The field of that name. A field may be called `constructor`, so only own keys count. */
export function fieldOf(schema: Schema, name: string): Schema | undefined {
  const { properties } = schema;
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}
