import { readJsonAtPath, isJsonMap, ownJsonField, type JsonMap } from "./jsonValue";

/** A changed version of an object that leaves the object itself alone: what changes is copied, the rest is shared. */
export class Draft {
  private readonly copied = new Set<object>();
  readonly value: Record<string, unknown>;

  constructor(original: JsonMap) {
    this.value = this.copy(original);
  }

  remove(path: readonly string[]): void {
    if (readJsonAtPath(this.value, path) === undefined) return;
    const parent = this.parent(path);
    if (parent !== undefined) delete parent[path[path.length - 1] as string];
  }

  /** Whether something can be put there: what is on the way is an object, or nothing. */
  takes(path: readonly string[]): boolean {
    return path.slice(0, -1).every((_, index) => {
      const found = readJsonAtPath(this.value, path.slice(0, index + 1));
      return found === undefined || isJsonMap(found);
    });
  }

  put(path: readonly string[], value: unknown): void {
    const parent = this.parent(path);
    if (parent !== undefined) parent[path[path.length - 1] as string] = value;
  }

  private parent(path: readonly string[]): Record<string, unknown> | undefined {
    let node = this.value;
    for (const name of path.slice(0, -1)) {
      const found = ownJsonField(node, name);
      if (found !== undefined && !isJsonMap(found)) return undefined;
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
