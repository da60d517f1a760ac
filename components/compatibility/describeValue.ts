import { isLargeJsonInteger, readableJson, stringifyJson } from "../kubernetes/json";
import { boundedList } from "../kubernetes/problem";

const SHOWN = 5;
const LONGEST = 80;

/** A value of a schema as a finding shows it: JSON on one line, cut where it is long; `none` where there is none. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "none";
  const text = readableJson(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

export function describeValues(values: readonly unknown[]): string {
  if (values.length === 0) return "none";
  return boundedList(values.map(describeValue), SHOWN);
}

/** `maximum 10 → 5` */
export function describeChange(name: string, old: unknown, next: unknown): string {
  return `${name} ${describeValue(old)} → ${describeValue(next)}`;
}

/** A bound: the API server keeps it as a float64, however it was written. */
export function readNumberValue(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && isLargeJsonInteger(value) ? Number(stringifyJson(value)) : undefined;
}
