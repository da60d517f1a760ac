import * as vm from "node:vm";
import { ExactNumber } from "./exactJson";
import { fitsSchema, expectedBySchema } from "./fitsSchema";
import { jsonValueAsText, isEqualJson, isJsonMap, ownJsonField } from "./jsonValue";
import { fieldSchema, INT_OR_STRING, PRESERVE_UNKNOWN, type SchemaNode } from "./schema";

/** What the API server would refuse, or prune, in a value: what `findRefusingSchemaProblems` says, and unknown fields. */
export function findSchemaProblems(schema: SchemaNode, value: unknown): string[] {
  return [...findRefusingSchemaProblems(schema, value), ...prunedFrom(schema, value, "")];
}

/** What the API server would refuse in a value: types, bounds, patterns, required fields, list keys. Not CEL. */
export function findRefusingSchemaProblems(schema: SchemaNode, value: unknown, path = ""): string[] {
  if (value === null) return schema.nullable === true ? [] : [`${path} is null`];
  if (!isJsonMap(value) && !Array.isArray(value) && !fitsSchema(schema, value)) {
    return [`${path} is ${showValue(value)}; expected ${expectedBySchema(schema)}`];
  }
  if (schema.enum !== undefined && !schema.enum.some((allowed) => isEqualJson(allowed, value))) {
    return [`${path} is ${showValue(value)}; expected ${expectedBySchema(schema)}`];
  }
  const bounds = brokenKeywords(schema, value).map((problem) => `${path} is ${showValue(value)}; expected ${problem}`);
  if (Array.isArray(value)) return [...bounds, ...listProblems(schema, value as unknown[], path)];
  return isJsonMap(value) ? [...bounds, ...objectProblems(schema, value, path)] : bounds;
}

function objectProblems(schema: SchemaNode, value: Readonly<Record<string, unknown>>, path: string): string[] {
  if (schema.type !== undefined && schema.type !== "object")
    return [`${path} is an object; expected ${expectedBySchema(schema)}`];
  const missing = (schema.required ?? []).filter((name) => ownJsonField(value, name) === undefined);
  return [
    ...missing.map((name) => `${below(path, name)} is required`),
    ...Object.entries(value).flatMap(([name, field]) => {
      const node = fieldSchema(schema, name);
      return node === undefined ? [] : findRefusingSchemaProblems(node, field, below(path, name));
    }),
  ];
}

function prunedFrom(schema: SchemaNode, value: unknown, path: string): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => prunedFrom(schema.items ?? {}, item, `${path}[${index}]`));
  }
  if (!isJsonMap(value)) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const node = fieldSchema(schema, name);
    if (node !== undefined) return prunedFrom(node, field, below(path, name));
    const kept = schema[PRESERVE_UNKNOWN] === true || schema.additionalProperties === true;
    return kept ? [] : [`${below(path, name)} is not in the schema: the API server would prune it`];
  });
}

function below(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function listProblems(schema: SchemaNode, value: readonly unknown[], path: string): string[] {
  if (schema.type !== undefined && schema.type !== "array")
    return [`${path} is a list; expected ${expectedBySchema(schema)}`];
  const keys = schema["x-kubernetes-list-map-keys"];
  const identity = Array.isArray(keys)
    ? (item: unknown) =>
        jsonValueAsText(keys.map((key) => (isJsonMap(item) ? ownJsonField(item, String(key)) : undefined) ?? null))
    : jsonValueAsText;
  const unique = ["map", "set"].includes(String(schema["x-kubernetes-list-type"])) || schema["uniqueItems"] === true;
  const doubled = unique && new Set(value.map(identity)).size < value.length;
  return [
    ...(doubled ? [`${path} holds an element twice`] : []),
    ...value.flatMap((item, index) => findRefusingSchemaProblems(schema.items ?? {}, item, `${path}[${index}]`)),
  ];
}

/** The bounds that a value breaks, in words. */
function brokenKeywords(schema: SchemaNode, value: unknown): string[] {
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
    minProperties: (bound: number) => !isJsonMap(value) || Object.keys(value).length >= bound,
    maxProperties: (bound: number) => !isJsonMap(value) || Object.keys(value).length <= bound,
    pattern: (bound: string) => typeof value !== "string" || schema[INT_OR_STRING] === true || matches(bound, value),
  };
  return Object.entries(kept).flatMap(([keyword, holds]) => {
    const bound = schema[keyword];
    return bound === undefined || holds(bound as never) ? [] : [`${keyword} ${JSON.stringify(bound)}`];
  });
}

/** Go's regexp is linear. Here a repeated group can take for ever, so that it gets a limit, which costs a hundred times the rest. */
const REPEATED_GROUP = /\)[*+{]/;
const PATTERN_MS = 100;
const TRY = new vm.Script("new RegExp(pattern).test(value)");
const REALM = vm.createContext({ pattern: "", value: "" });

/** A pattern that is RE2's alone, or that takes too long here, says nothing. */
function matches(pattern: string, value: string): boolean {
  try {
    if (!REPEATED_GROUP.test(pattern)) return new RegExp(pattern).test(value);
    Object.assign(REALM, { pattern, value });
    return TRY.runInContext(REALM, { timeout: PATTERN_MS }) as boolean;
  } catch {
    return true;
  }
}

function showValue(value: unknown): string {
  if (value instanceof ExactNumber) return value.text;
  return typeof value === "object" ? (Array.isArray(value) ? "a list" : "an object") : JSON.stringify(value);
}
