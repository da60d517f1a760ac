import { fieldSchema, type SchemaNode } from "./schema";
import { ExactNumber } from "./exactJson";
import { isJsonMap } from "./jsonValue";

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
  if (!isJsonMap(value)) return value;
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
