import { isMapValue, own, type JsonMap } from "./json";

/** Value at a path of own fields; undefined where there is none. */
export function readAtPath(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (!isMapValue(found)) return undefined;
    found = own(found, name);
  }
  return found;
}

/** A changed version of an object that leaves the object itself alone: what changes is copied, the rest is shared. */
export class Draft {
  private readonly copied = new Set<object>();
  readonly value: Record<string, unknown>;

  constructor(original: JsonMap) {
    this.value = this.copy(original);
  }

  remove(path: readonly string[]): void {
    if (readAtPath(this.value, path) === undefined) return;
    const parent = this.parent(path);
    if (parent !== undefined) delete parent[path[path.length - 1] as string];
  }

  /** Whether something can be put there: what is on the way is an object, or nothing. */
  takes(path: readonly string[]): boolean {
    return path.slice(0, -1).every((_, index) => {
      const found = readAtPath(this.value, path.slice(0, index + 1));
      return found === undefined || isMapValue(found);
    });
  }

  put(path: readonly string[], value: unknown): void {
    const parent = this.parent(path);
    if (parent !== undefined) parent[path[path.length - 1] as string] = value;
  }

  private parent(path: readonly string[]): Record<string, unknown> | undefined {
    let node = this.value;
    for (const name of path.slice(0, -1)) {
      const found = own(node, name);
      if (found !== undefined && !isMapValue(found)) return undefined;
      node = node[name] = this.copy(found ?? {});
    }
    return node;
  }

  private copy(map: JsonMap): Record<string, unknown> {
    if (this.copied.has(map)) return map;
    const copy = { ...map };
    this.copied.add(copy);
    return copy;
  }
}
