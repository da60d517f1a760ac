import { fieldSchema } from "../../conversion/schema";
import type { Schema } from "../../crd/definition";

/**
 * The value without the nulls that the API server takes out of it. Go writes null for what is not set (`creationTimestamp: null`),
 * and the schema has no place for it. Only a guess: one that is left in costs a second look, no more.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable
 */
export function withoutPrunedNulls<T>(schema: Schema | undefined, value: T): T;
export function withoutPrunedNulls(schema: Schema | undefined, value: unknown): unknown {
  if (schema === undefined || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each: unknown) => withoutPrunedNulls(schema.items, each));
  const kept = Object.entries(value).flatMap(([name, inner]: [string, unknown]): [string, unknown][] => {
    const field = fieldSchema(schema, name);
    return inner === null && isPruned(schema, field) ? [] : [[name, withoutPrunedNulls(field, inner)]];
  });
  return Object.fromEntries(kept);
}

function isPruned(parent: Schema, field: Schema | undefined): boolean {
  if (field !== undefined) return field.nullable !== true && field.default === undefined;
  return parent.additionalProperties === undefined && parent["x-kubernetes-preserve-unknown-fields"] !== true;
}
