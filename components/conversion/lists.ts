import { carry } from "./carry";
import type { DirectedNested } from "./compile";
import { isMapValue, own, type JsonMap } from "./json";
import { Elements, identityOf, type Keeper, type Stash } from "./stash";

interface Result {
  readonly after: unknown;
  /** Whether `after` comes from the entry alone. */
  readonly restored: boolean;
  /** What only the version that is left can hold. */
  readonly left: JsonMap | undefined;
}

const ABSENT: Result = { after: undefined, restored: false, left: undefined };

/** The elements of a list or map; an object that becomes a list of one; a list that becomes its first. */
export function carryNested(move: DirectedNested, before: unknown, entry: JsonMap | undefined, keeper: Keeper): Result {
  if (before === undefined) {
    const whole = entry === undefined ? undefined : own(entry, "whole");
    return whole === undefined ? ABSENT : { after: whole, restored: true, left: undefined };
  }
  // Not ours to judge: null stays null, and what is no list at all fails the API server's own check.
  if (before === null) return { ...ABSENT, after: null };
  switch (move.kind) {
    case "each":
      return Array.isArray(before) ? eachElement(move, before, entry, keeper) : eachField(move, before, entry, keeper);
    case "into-list":
      return intoList(move, before, entry, keeper);
    case "into-object":
      return intoObject(move, before, entry, keeper);
  }
}

function eachElement(
  move: DirectedNested,
  list: readonly unknown[],
  entry: JsonMap | undefined,
  keeper: Keeper,
): Result {
  const returning = new Elements(entry && own(entry, "items"));
  const items: [string, number, Stash][] = [];
  const after = list.map((element, index) => {
    if (!isMapValue(element)) return element;
    const own = returning.isEmpty ? undefined : returning.take(identityOf(move.from.schema, element), index);
    const { output, stash } = carry(move.scope, element, own, keeper);
    if (stash !== undefined) items.push([identityOf(move.to.schema, output), index, stash]);
    return output;
  });
  return { after, restored: false, left: items.length > 0 ? { items } : undefined };
}

function eachField(move: DirectedNested, map: unknown, entry: JsonMap | undefined, keeper: Keeper): Result {
  if (!isMapValue(map)) return { ...ABSENT, after: map };
  const returning = new Elements(entry && own(entry, "items"));
  const items: [string, number, Stash][] = [];
  const fields = Object.entries(map).map(([key, element]) => {
    if (!isMapValue(element)) return [key, element] as const;
    const { output, stash } = carry(move.scope, element, returning.take(`f:${key}`, 0), keeper);
    if (stash !== undefined) items.push([`f:${key}`, 0, stash]);
    return [key, output] as const;
  });
  return { after: Object.fromEntries(fields), restored: false, left: items.length > 0 ? { items } : undefined };
}

function intoList(move: DirectedNested, object: unknown, entry: JsonMap | undefined, keeper: Keeper): Result {
  const rest = entry && own(entry, "rest");
  const tail = Array.isArray(rest) ? (rest as unknown[]) : [];
  if (!isMapValue(object)) return { ...ABSENT, after: [object, ...tail] };
  const inner = entry && own(entry, "inner");
  const { output, stash } = carry(move.scope, object, isMapValue(inner) ? inner : undefined, keeper);
  const left = stash && { items: [[identityOf(move.to.schema, output), 0, stash]] };
  return { after: [output, ...tail], restored: false, left };
}

function intoObject(move: DirectedNested, list: unknown, entry: JsonMap | undefined, keeper: Keeper): Result {
  if (!Array.isArray(list)) return { ...ABSENT, left: { whole: list } };
  const [first, ...rest] = list as unknown[];
  if (first === undefined || first === null) return { ...ABSENT, left: { whole: list } };
  if (!isMapValue(first)) {
    return { after: first, restored: false, left: rest.length > 0 ? { rest } : undefined };
  }
  const returning = new Elements(entry && own(entry, "items"));
  const { output, stash } = carry(move.scope, first, returning.take(identityOf(move.from.schema, first), 0), keeper);
  const left = { ...(stash && { inner: stash }), ...(rest.length > 0 && { rest }) };
  return { after: output, restored: false, left: Object.keys(left).length > 0 ? left : undefined };
}
