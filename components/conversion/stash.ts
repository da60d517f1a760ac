import { createHash } from "node:crypto";
import { parseExact, stringifyExact } from "./exactJson";
import { canonical, isMapValue, own, withDefaults, type JsonMap } from "./json";
import type { SchemaNode } from "./schema";

/** What one version cannot hold of another, by the paths there. Read from an annotation, so it may be anything. */
export type Stash = JsonMap;

/** Seals what may not stand in an annotation in clear. */
export interface Keeper {
  /** @throws MoveError without a key */
  seal(text: string, path: string): string;
  /** Undefined for what this key did not seal, for this object and path. */
  open(sealed: string, path: string): string | undefined;
}

/** Collects what the version that is left can hold alone. */
export class Leftovers {
  private readonly entries: [string, unknown][] = [];

  constructor(private readonly keeper: Keeper) {}

  add(key: string, entry: JsonMap, sensitive: boolean): void {
    const kept = sensitive ? { sealed: this.keeper.seal(stringifyExact(entry), key) } : entry;
    this.entries.push([key, kept]);
  }

  get stash(): Stash | undefined {
    return this.entries.length === 0 ? undefined : Object.fromEntries(this.entries);
  }
}

/** One entry, opened where it is sealed. */
export function entryOf(stash: Stash | undefined, key: string, keeper: Keeper): JsonMap | undefined {
  const entry = stash === undefined || key === "" ? undefined : own(stash, key);
  if (!isMapValue(entry)) return undefined;
  const sealed = own(entry, "sealed");
  if (sealed === undefined) return entry;
  const text = typeof sealed === "string" ? keeper.open(sealed, key) : undefined;
  const opened = text === undefined ? undefined : parseExact(text);
  return isMapValue(opened) ? opened : undefined;
}

/**
 * How an element of a list is found again: by its keys where the list has some, else by all that is shown of it. A position
 * would give one element's fields to another as soon as someone inserts one.
 */
export function identityOf(list: SchemaNode, element: JsonMap): string {
  const keys = list["x-kubernetes-list-type"] === "map" ? list["x-kubernetes-list-map-keys"] : undefined;
  if (Array.isArray(keys)) {
    const shown = withDefaults(list.items, element) as JsonMap;
    const values = keys.map((key) => own(shown, String(key)));
    if (values.some((value) => value !== undefined)) return `k:${values.map(canonical).join(",")}`;
  }
  const shown = canonical(withDefaults(list.items, element));
  return `h:${createHash("sha256").update(shown).digest("base64url").slice(0, 16)}`;
}

/** The stashes of a list's elements, each handed out once. */
export class Elements {
  private readonly found = new Map<string, [index: unknown, stash: Stash][]>();

  constructor(items: unknown) {
    for (const item of Array.isArray(items) ? (items as unknown[]) : []) {
      if (!Array.isArray(item)) continue;
      const [identity, index, stash] = item as unknown[];
      if (typeof identity !== "string" || !isMapValue(stash)) continue;
      const same = this.found.get(identity);
      if (same === undefined) this.found.set(identity, [[index, stash]]);
      else same.push([index, stash]);
    }
  }

  get isEmpty(): boolean {
    return this.found.size === 0;
  }

  /** Of equal elements the one at the same position first. */
  take(identity: string, index: number): Stash | undefined {
    const same = this.found.get(identity);
    if (same === undefined) return undefined;
    const at = Math.max(
      same.findIndex(([other]) => other === index),
      0,
    );
    return same.splice(at, 1)[0]?.[1];
  }
}
