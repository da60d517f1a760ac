import { ExactNumber } from "./exactJson";

export type JsonMap = Readonly<Record<string, unknown>>;

export function isJsonMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** `constructor` and its like are keys that a user may well have. */
export function ownJsonField(map: JsonMap, name: string): unknown {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** One text for all spellings of a value: the API server sorts keys, and writes 1.0 as 1. */
export function jsonValueAsText(value: unknown): string {
  if (value instanceof ExactNumber) return jsonNumberAsText(value.text);
  if (Array.isArray(value)) return `[${value.map(jsonValueAsText).join(",")}]`;
  if (!isJsonMap(value)) return JSON.stringify(value) ?? "absent";
  const fields = Object.keys(value).sort();
  return `{${fields.map((key) => `${JSON.stringify(key)}:${jsonValueAsText(value[key])}`).join(",")}}`;
}

export function isEqualJson(first: unknown, second: unknown): boolean {
  if (first === second) return true;
  // A large object against nothing is the usual case, of what is kept for the way back.
  const isPlain = (value: unknown) =>
    value === undefined || value === null || ["string", "boolean"].includes(typeof value);
  if (isPlain(first) || isPlain(second)) return false;
  return jsonValueAsText(first) === jsonValueAsText(second);
}

/** The same value with its keys in order, as the API server writes them: what is made of it has the same bytes every time. */
export function sortKeysOfJsonValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeysOfJsonValue);
  if (!isJsonMap(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sortKeysOfJsonValue(value[key])]));
}

function jsonNumberAsText(text: string): string {
  return /^-?\d+$/.test(text) ? BigInt(text).toString() : JSON.stringify(Number(text));
}

/** Value at a path of own fields; undefined where there is none. */
export function readJsonAtPath(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (!isJsonMap(found)) return undefined;
    found = ownJsonField(found, name);
  }
  return found;
}
