import type { Schema } from "../crd/definition";

/** What the node takes, in a word. The API server treats int-or-string as a type of its own. */
export function schemaTypeOf(schema: Schema): string {
  if (schema["x-kubernetes-int-or-string"] === true) return "int-or-string";
  return schema.type ?? "any";
}

const WIDER: Record<string, readonly string[]> = {
  integer: ["number", "int-or-string"],
  string: ["int-or-string"],
};

export function isSameSchemaType(old: Schema, next: Schema): boolean {
  return schemaTypeOf(old) === schemaTypeOf(next);
}

/** Every value of the old type is one of the new. */
export function isWiderSchemaType(old: Schema, next: Schema): boolean {
  return schemaTypeOf(next) === "any" || WIDER[schemaTypeOf(old)]?.includes(schemaTypeOf(next)) === true;
}

export function isEmbeddedResourceType(schema: Schema): boolean {
  return schema["x-kubernetes-embedded-resource"] === true;
}
