import { createHash } from "node:crypto";
import { withDefaults } from "./defaults";
import { parseExact, stringifyExact } from "./exactJson";
import { jsonValueAsText, isJsonMap, ownJsonField, sortKeysOfJsonValue, type JsonMap } from "./jsonValue";
import type { SchemaNode } from "./schema";

/** What one version cannot hold of another, by the paths there. Read from an annotation, so it may be anything. */
export type Stash = JsonMap;

/** Seals what may not stand in an annotation in clear. */
export interface Keeper {
  /** @throws MoveError without a key */
  seal(text: string, path: string): string;
  /** Undefined for what this key did not seal, for this object and path. */
  open(sealed: string, path: string): string | undefined;
  /** What it was asked to open and could not. */
  readonly unopened: ReadonlySet<string>;
}

/** Collects what the version that is left can hold alone. */
export class Leftovers {
  private readonly entries: [string, unknown][] = [];

  constructor(private readonly keeper: Keeper) {}

  add(key: string, entry: JsonMap, sensitive: boolean): void {
    const kept = sensitive ? { sealed: this.keeper.seal(stringifyExact(sortKeysOfJsonValue(entry)), key) } : entry;
    this.entries.push([key, kept]);
  }

  get stash(): Stash | undefined {
    return this.entries.length === 0 ? undefined : Object.fromEntries(this.entries);
  }
}

/** One entry, opened where it is sealed. */
export function openStashEntry(stash: Stash | undefined, key: string, keeper: Keeper): JsonMap | undefined {
  const entry = stash === undefined || key === "" ? undefined : ownJsonField(stash, key);
  if (!isJsonMap(entry)) return undefined;
  const sealed = ownJsonField(entry, "sealed");
  if (sealed === undefined) return entry;
  const text = typeof sealed === "string" ? keeper.open(sealed, key) : undefined;
  const opened = text === undefined ? undefined : parseExact(text);
  return isJsonMap(opened) ? opened : undefined;
}

/**
 * Of a stash what waits for its key: sealed entries, all of them or those of `unopened`. A key that is gone, or not here yet,
 * loses nothing that way. What was forged waits too, and harms nobody.
 */
export function waitingInStash(stash: Stash | undefined, unopened?: ReadonlySet<string>): Stash | undefined {
  const isWaiting = (sealed: string): boolean => unopened === undefined || unopened.has(sealed);
  const entries = Object.entries(stash ?? {}).flatMap(([key, entry]): [string, JsonMap][] => {
    if (!isJsonMap(entry)) return [];
    const [sealed, inner] = [ownJsonField(entry, "sealed"), ownJsonField(entry, "inner")];
    if (typeof sealed === "string") return isWaiting(sealed) ? [[key, { sealed }]] : [];
    const within = isJsonMap(inner) ? waitingInStash(inner, unopened) : undefined;
    const items = [...elementsOfStashEntry(entry)].flatMap(([name, found]): [string, Stash][] => {
      const left = waitingInStash(found, unopened);
      return left === undefined ? [] : [[name, left]];
    });
    const left = { ...(within && { inner: within }), ...(items.length > 0 && { items: Object.fromEntries(items) }) };
    return Object.keys(left).length === 0 ? [] : [[key, left]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** A stash with what waits beside it; where both have an entry, what is kept now. */
export function stashWithWaiting(stash: Stash | undefined, waits: Stash | undefined): Stash | undefined {
  if (stash === undefined || waits === undefined) return stash ?? waits;
  const entries = Object.entries(waits).map(([key, waiting]): [string, unknown] => {
    const found = ownJsonField(stash, key);
    const isNested = [found, waiting].every((entry) => isJsonMap(entry) && ownJsonField(entry, "sealed") === undefined);
    return [key, isNested ? stashWithWaiting(found as Stash, waiting as Stash) : (found ?? waiting)];
  });
  return Object.fromEntries([...Object.entries(stash), ...entries]);
}

/**
 * How an element of a list is found again: by its keys where the list has some, else by all that is shown of it. A position
 * would give one element's fields to another as soon as someone inserts one.
 */
function identityOf(list: SchemaNode, element: JsonMap): string {
  const keys = list["x-kubernetes-list-type"] === "map" ? list["x-kubernetes-list-map-keys"] : undefined;
  if (Array.isArray(keys)) {
    const shown = withDefaults(list.items, element) as JsonMap;
    const values = keys.map((key) => ownJsonField(shown, String(key)));
    if (values.some((value) => value !== undefined)) return `k:${values.map(jsonValueAsText).join(",")}`;
  }
  const shown = jsonValueAsText(withDefaults(list.items, element));
  return `h:${createHash("sha256").update(shown).digest("base64url").slice(0, 16)}`;
}

/** Names each element of a list: of those that look alike, by which of them it is. */
export class Identities {
  private readonly seen = new Map<string, number>();

  constructor(private readonly list: SchemaNode) {}

  next(element: JsonMap): string {
    const identity = identityOf(this.list, element);
    const before = this.seen.get(identity) ?? 0;
    this.seen.set(identity, before + 1);
    return before === 0 ? identity : `${identity}#${before}`;
  }
}

/** The stashes of a list's elements, by what those are called. */
export function elementsOfStashEntry(entry: JsonMap | undefined): ReadonlyMap<string, Stash> {
  const items = entry && ownJsonField(entry, "items");
  if (!isJsonMap(items)) return new Map();
  return new Map(Object.entries(items).filter((item): item is [string, Stash] => isJsonMap(item[1])));
}
