import { ExactNumber } from "./exactJson";
import { type SchemaNode } from "./schema";

export type JsonMap = Readonly<Record<string, unknown>>;

export function isMapValue(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** `constructor` and its like are keys that a user may well have. */
export function own(map: JsonMap, name: string): unknown {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** One text for all spellings of a value: the API server sorts keys, and writes 1.0 as 1. */
export function canonical(value: unknown): string {
  if (value instanceof ExactNumber) return canonicalNumber(value.text);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isMapValue(value)) return JSON.stringify(value) ?? "absent";
  const fields = Object.keys(value).sort();
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

export function equal(first: unknown, second: unknown): boolean {
  if (first === second) return true;
  // A large object against nothing is the usual case, of what is kept for the way back.
  const isPlain = (value: unknown) =>
    value === undefined || value === null || ["string", "boolean"].includes(typeof value);
  if (isPlain(first) || isPlain(second)) return false;
  return canonical(first) === canonical(second);
}

/** The same value with its keys in order, as the API server writes them: what is made of it has the same bytes every time. */
export function sortJsonKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortJsonKeys);
  if (!isMapValue(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sortJsonKeys(value[key])]));
}

function canonicalNumber(text: string): string {
  return /^-?\d+$/.test(text) ? BigInt(text).toString() : JSON.stringify(Number(text));
}

/**
 * A copy for the user's functions, which may then do with it what they like. An integer beyond 2^53 is a bigint where the
 * schema, and so the function's type, says int64.
 */
export function jsonToUser(schema: SchemaNode | undefined, value: unknown): unknown {
  if (value instanceof ExactNumber) {
    const large = /^-?\d+$/.test(value.text) && !Number.isSafeInteger(Number(value.text));
    return large && schema?.type !== "number" ? BigInt(value.text) : Number(value.text);
  }
  if (Array.isArray(value)) return value.map((element) => jsonToUser(schema?.items, element));
  if (!isMapValue(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, jsonToUser(fieldSchema(schema, key), field)]),
  );
}

/**
 * What a user's function answered, as JSON.
 *
 * @throws Error for what is none: NaN, a function, a Date
 */
export function jsonFromUser(value: unknown): unknown {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : new ExactNumber(value.toString());
  }
  if (value === undefined || value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof ExactNumber) return value;
  if (Array.isArray(value)) return value.map((element) => jsonFromUser(element) ?? null);
  if (typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(fields.map(([key, field]) => [key, jsonFromUser(field)]));
  }
  const found = typeof value === "object" ? value.constructor.name : typeof value;
  throw new Error(`gave ${typeof value === "number" ? String(value) : found}, which JSON cannot hold`);
}

/** The schema of one field of an object or map. */
export function fieldSchema(schema: SchemaNode | undefined, key: string): SchemaNode | undefined {
  const described = schema?.properties && (own(schema.properties, key) as SchemaNode | undefined);
  if (described !== undefined) return described;
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}
