import { ownJsonField } from "./jsonValue";

/** One node of a CRD's openAPIV3Schema, as far as a conversion reads it. */
export interface SchemaNode {
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly [keyword: string]: unknown;
}

/** The schema of each version, by its name, from the oldest to the newest: neighbours are one step apart. */
export type Versions = Readonly<Record<string, SchemaNode>>;

export const INT_OR_STRING = "x-kubernetes-int-or-string";
export const PRESERVE_UNKNOWN = "x-kubernetes-preserve-unknown-fields";

/** Fields of every object's top that are the API server's: no conversion moves them. */
export const KUBERNETES_OWN: readonly string[] = ["apiVersion", "kind", "metadata"];

/** An object whose fields are all described; one that keeps unknown fields, or is a map, is moved as a whole. */
export function isContainerSchema(schema: SchemaNode | undefined): schema is SchemaNode & { properties: object } {
  return (
    schema?.properties !== undefined &&
    schema[PRESERVE_UNKNOWN] !== true &&
    (schema.additionalProperties === undefined || schema.additionalProperties === false)
  );
}

export function isMapSchema(schema: SchemaNode): boolean {
  return schema.type === "object" && schema.properties === undefined && typeof schema.additionalProperties === "object";
}

/** The schema of a list's elements or of a map's values. */
export function elementSchema(schema: SchemaNode): SchemaNode | undefined {
  if (schema.items !== undefined) return schema.items;
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

export function schemaAt(schema: SchemaNode | undefined, path: readonly string[]): SchemaNode | undefined {
  let node = schema;
  for (const name of path) {
    node = node?.properties !== undefined && Object.hasOwn(node.properties, name) ? node.properties[name] : undefined;
  }
  return node;
}

/** True where the node, or anything in it, is marked `format: password`. */
export function hasSecretInSchema(schema: SchemaNode | undefined): boolean {
  if (schema === undefined) return false;
  if (schema.format === "password") return true;
  return [...Object.values(schema.properties ?? {}), elementSchema(schema)].some(hasSecretInSchema);
}

/** The schema of one field of an object or map. */
export function fieldSchema(schema: SchemaNode | undefined, key: string): SchemaNode | undefined {
  const described = schema?.properties && (ownJsonField(schema.properties, key) as SchemaNode | undefined);
  if (described !== undefined) return described;
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}
