import { createHash } from "crypto";
import { jsonIntegerOf, isLargeJsonInteger, readableJson } from "../kubernetes/json";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values below these keys are the user's data: an empty one means something there. */
const DATA = new Set(["default", "enum", "example"]);

/** Below these keys stand names that the user chose: none is a keyword, and each is kept whatever its value. */
const NAMES = new Set(["properties", "patternProperties", "labels", "annotations"]);

type Place = "keywords" | "names" | "data";

/**
 * One text for all spellings the API server treats alike: sorted keys, and without the null, false, "", [] and empty maps
 * that it drops when it stores a definition (`omitempty`).
 * https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/apis/apiextensions/v1/types_jsonschema.go
 */
export function canonicalText(value: unknown): string {
  return JSON.stringify(canonicalValue(value as Json, "keywords")) ?? "";
}

export function canonicalDigest(value: unknown): string {
  return createHash("sha256").update(canonicalText(value)).digest("hex").slice(0, 16);
}

function canonicalValue(value: Json, place: Place): Json {
  if (Array.isArray(value)) return value.map((item) => canonicalValue(item, place));
  // Bounds are float64 to the API server: however an integer beyond 2^53 was read, it compares as that. Data is not.
  if (place !== "data" && typeof value === "string" && isLargeJsonInteger(value)) return Number(readableJson(value));
  if (place === "data" && Number.isInteger(value)) return jsonIntegerOf(asSent(value));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value)
    .filter(([key, child]) => child !== undefined && (place !== "keywords" || !isDropped(key, child)))
    .map(([key, child]) => [key, canonicalValue(child, placeBelow(place, key))] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries);
}

/** A number that a program rounded is sent, and comes back, as the digits that JSON has for it. */
function asSent(value: Json): bigint {
  const text = JSON.stringify(value);
  return BigInt(/^-?\d+$/.test(text) ? text : Number(value));
}

function placeBelow(place: Place, key: string): Place {
  if (place !== "keywords") return place === "names" ? "keywords" : "data";
  if (DATA.has(key)) return "data";
  return NAMES.has(key) ? "names" : "keywords";
}

function isDropped(key: string, value: Json): boolean {
  if (value === null) return true; // `default: null` too: tried, it is not stored
  if (DATA.has(key)) return false;
  if (value === false || value === "") return true;
  if (key === "priority") return value === 0; // additionalPrinterColumns: the only plain number with omitempty
  return typeof value === "object" && (Array.isArray(value) || NAMES.has(key)) && Object.keys(value).length === 0;
}
