import { ExactNumber } from "../conversion/exactJson";
import { fits, expected } from "../conversion/fits";
import { canonical, equal, fieldSchema, isMapValue, own } from "../conversion/json";
import { INT_OR_STRING, PRESERVE_UNKNOWN, type SchemaNode } from "../conversion/schema";

/**
 * What the API server would refuse, or prune, in a value: types, bounds, patterns, required fields, list keys, unknown
 * fields. Not CEL. For tests only: a pattern could be made to run for ever.
 */
export function problemsOf(schema: SchemaNode, value: unknown, path: string): string[] {
  if (value === null) return schema.nullable === true ? [] : [`${path} is null`];
  if (!isMapValue(value) && !Array.isArray(value) && !fits(schema, value)) {
    return [`${path} is ${show(value)}; expected ${expected(schema)}`];
  }
  if (schema.enum !== undefined && !schema.enum.some((allowed) => equal(allowed, value))) {
    return [`${path} is ${show(value)}; expected ${expected(schema)}`];
  }
  const bounds = broken(schema, value).map((problem) => `${path} is ${show(value)}; expected ${problem}`);
  if (Array.isArray(value)) return [...bounds, ...list(schema, value as unknown[], path)];
  return isMapValue(value) ? [...bounds, ...object(schema, value, path)] : bounds;
}

function object(schema: SchemaNode, value: Readonly<Record<string, unknown>>, path: string): string[] {
  if (schema.type !== undefined && schema.type !== "object")
    return [`${path} is an object; expected ${expected(schema)}`];
  const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const missing = (schema.required ?? []).filter((name) => own(value, name) === undefined);
  return [
    ...missing.map((name) => `${at(name)} is required`),
    ...Object.entries(value).flatMap(([name, field]) => {
      const node = fieldSchema(schema, name);
      if (node !== undefined) return problemsOf(node, field, at(name));
      const kept = schema[PRESERVE_UNKNOWN] === true || schema.additionalProperties === true;
      return kept ? [] : [`${at(name)} is not in the schema: the API server would prune it`];
    }),
  ];
}

function list(schema: SchemaNode, value: readonly unknown[], path: string): string[] {
  if (schema.type !== undefined && schema.type !== "array") return [`${path} is a list; expected ${expected(schema)}`];
  const keys = schema["x-kubernetes-list-map-keys"];
  const identity = Array.isArray(keys)
    ? (item: unknown) => canonical(keys.map((key) => (isMapValue(item) ? own(item, String(key)) : undefined) ?? null))
    : canonical;
  const unique = ["map", "set"].includes(String(schema["x-kubernetes-list-type"])) || schema["uniqueItems"] === true;
  const doubled = unique && new Set(value.map(identity)).size < value.length;
  return [
    ...(doubled ? [`${path} holds an element twice`] : []),
    ...value.flatMap((item, index) => problemsOf(schema.items ?? {}, item, `${path}[${index}]`)),
  ];
}

/** The bounds that a value breaks, in words. */
function broken(schema: SchemaNode, value: unknown): string[] {
  const number = value instanceof ExactNumber ? Number(value.text) : value;
  const size = typeof value === "string" ? [...value].length : Array.isArray(value) ? value.length : undefined;
  const kept: Readonly<Record<string, (bound: never) => boolean>> = {
    minimum: (bound: number) =>
      typeof number !== "number" || number > bound || (number === bound && schema["exclusiveMinimum"] !== true),
    maximum: (bound: number) =>
      typeof number !== "number" || number < bound || (number === bound && schema["exclusiveMaximum"] !== true),
    multipleOf: (bound: number) => typeof number !== "number" || number % bound === 0,
    minLength: (bound: number) => typeof value !== "string" || (size ?? 0) >= bound,
    maxLength: (bound: number) => typeof value !== "string" || (size ?? 0) <= bound,
    minItems: (bound: number) => !Array.isArray(value) || value.length >= bound,
    maxItems: (bound: number) => !Array.isArray(value) || value.length <= bound,
    minProperties: (bound: number) => !isMapValue(value) || Object.keys(value).length >= bound,
    maxProperties: (bound: number) => !isMapValue(value) || Object.keys(value).length <= bound,
    pattern: (bound: string) => typeof value !== "string" || schema[INT_OR_STRING] === true || matches(bound, value),
  };
  return Object.entries(kept).flatMap(([keyword, holds]) => {
    const bound = schema[keyword];
    return bound === undefined || holds(bound as never) ? [] : [`${keyword} ${JSON.stringify(bound)}`];
  });
}

/** A pattern that is RE2's alone says nothing here. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern).test(value);
  } catch {
    return true;
  }
}

function show(value: unknown): string {
  if (value instanceof ExactNumber) return value.text;
  return typeof value === "object" ? (Array.isArray(value) ? "a list" : "an object") : JSON.stringify(value);
}
