import type { DirectedNested } from "./compile";
import { isJsonMap, ownJsonField, type JsonMap } from "./jsonValue";
import { elementsOfStashEntry, Identities, type Stash } from "./stash";

/** One object in the other version. */
export interface Carried {
  readonly output: JsonMap;
  /** What the output cannot hold of the input. */
  readonly stash: Stash | undefined;
}

/** Carries one element, or the one object; `returning` is what an earlier way back left of it. */
type CarryOne = (element: JsonMap, returning: Stash | undefined) => Carried;

interface Result {
  readonly after: unknown;
  /** Whether `after` comes from the entry alone. */
  readonly restored: boolean;
  /** What only the version that is left can hold. */
  readonly left: JsonMap | undefined;
}

const ABSENT: Result = { after: undefined, restored: false, left: undefined };

/** The elements of a list or map; an object that becomes a list of one; a list that becomes its first. */
export function carryNestedList(
  move: DirectedNested,
  before: unknown,
  entry: JsonMap | undefined,
  carryOne: CarryOne,
): Result {
  if (before === undefined) {
    const whole = entry === undefined ? undefined : ownJsonField(entry, "whole");
    return whole === undefined ? ABSENT : { after: whole, restored: true, left: undefined };
  }
  // Not ours to judge: null stays null, and what is no list at all fails the API server's own check.
  if (before === null) return { ...ABSENT, after: null };
  switch (move.kind) {
    case "each":
      return Array.isArray(before) ? eachElement(move, before, entry, carryOne) : eachField(before, entry, carryOne);
    case "into-list":
      return intoList(move, before, entry, carryOne);
    case "into-object":
      return intoObject(move, before, entry, carryOne);
  }
}

function eachElement(
  move: DirectedNested,
  list: readonly unknown[],
  entry: JsonMap | undefined,
  carryOne: CarryOne,
): Result {
  const returning = elementsOfStashEntry(entry);
  const names = returning.size === 0 ? undefined : new Identities(move.from.schema);
  const carried = list.map((element): Carried | undefined => {
    if (!isJsonMap(element)) return undefined;
    return carryOne(element, names && returning.get(names.next(element)));
  });
  const after = carried.map((found, index) => (found === undefined ? list[index] : found.output));
  if (carried.every((found) => found?.stash === undefined)) return { after, restored: false, left: undefined };
  const shown = new Identities(move.to.schema);
  const items = carried.flatMap((found) => {
    if (found === undefined) return [];
    const name = shown.next(found.output);
    return found.stash === undefined ? [] : [[name, found.stash] as const];
  });
  return { after, restored: false, left: { items: Object.fromEntries(items) } };
}

function eachField(map: unknown, entry: JsonMap | undefined, carryOne: CarryOne): Result {
  if (!isJsonMap(map)) return { ...ABSENT, after: map };
  const returning = elementsOfStashEntry(entry);
  const items: [string, Stash][] = [];
  const fields = Object.entries(map).map(([key, element]) => {
    if (!isJsonMap(element)) return [key, element] as const;
    const { output, stash } = carryOne(element, returning.get(key));
    if (stash !== undefined) items.push([key, stash]);
    return [key, output] as const;
  });
  const left = items.length > 0 ? { items: Object.fromEntries(items) } : undefined;
  return { after: Object.fromEntries(fields), restored: false, left };
}

function intoList(move: DirectedNested, object: unknown, entry: JsonMap | undefined, carryOne: CarryOne): Result {
  const rest = entry && ownJsonField(entry, "rest");
  const tail = Array.isArray(rest) ? (rest as unknown[]) : [];
  if (!isJsonMap(object)) return { ...ABSENT, after: [object, ...tail] };
  const inner = entry && ownJsonField(entry, "inner");
  const { output, stash } = carryOne(object, isJsonMap(inner) ? inner : undefined);
  const left = stash && { items: { [new Identities(move.to.schema).next(output)]: stash } };
  return { after: [output, ...tail], restored: false, left };
}

function intoObject(move: DirectedNested, list: unknown, entry: JsonMap | undefined, carryOne: CarryOne): Result {
  if (!Array.isArray(list)) return { ...ABSENT, left: { whole: list } };
  const [first, ...rest] = list as unknown[];
  if (first === undefined || first === null) return { ...ABSENT, left: { whole: list } };
  if (!isJsonMap(first)) {
    return { after: first, restored: false, left: rest.length > 0 ? { rest } : undefined };
  }
  const returning = ofFirst(
    elementsOfStashEntry(entry),
    new Identities(move.from.schema).next(first),
    list.length === 1,
  );
  const { output, stash } = carryOne(first, returning);
  const left = { ...(stash && { inner: stash }), ...(rest.length > 0 && { rest }) };
  return { after: output, restored: false, left: Object.keys(left).length > 0 ? left : undefined };
}

/** The one element of a list without keys is what it was, edited or not: it is an object in the other version. */
function ofFirst(items: ReadonlyMap<string, Stash>, name: string, isOnly: boolean): Stash | undefined {
  const [sole, ...others] = items;
  const isSole = isOnly && others.length === 0 && [name, sole?.[0]].every((one) => one?.startsWith("h:"));
  return items.get(name) ?? (isSole ? sole?.[1] : undefined);
}
