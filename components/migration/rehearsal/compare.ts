import type { Schema } from "../../crd/definition";
import type { KubernetesObject } from "../../kubernetes/api";

/** How one object differs from another, as paths; metadata but for labels and annotations is not looked at. */
export interface Differences {
  /** In the first, not in the second. */
  readonly lost: string[];
  /** In both, with different values. */
  readonly changed: string[];
  /** Only in the second. */
  readonly added: string[];
  /** "", 0 or false in the second only: Go writes it where nothing was set. */
  readonly empty: string[];
  /** [] or {} in the first only: Go leaves it out. */
  readonly emptied: string[];
}

/** The API server itself leaves these out of an embedded resource where they are empty. */
const EMPTY_METADATA = /\.metadata\.(labels|annotations)$/;

/**
 * Compares leaf by leaf. Lists are compared by position, null is as good as absent unless a value takes its place, and an empty
 * container that only the second has is as good as absent.
 *
 * @param schema of the second: what the API server would default there counts as there, what it would prune as not there
 */
export function compareObjects(first: KubernetesObject, second: KubernetesObject, schema?: Schema): Differences {
  const found = noDifferences();
  const names = new Set([...Object.keys(first), ...Object.keys(second)]);
  for (const name of ["apiVersion", "kind", "metadata"]) names.delete(name);
  for (const name of [...names].sort()) {
    compareAny(own(first, name), own(second, name), `.${name}`, childSchema(schema, name), schema !== undefined, found);
  }
  for (const name of ["labels", "annotations"] as const) {
    // What is added here is no loss: a conversion keeps in annotations what the other version cannot hold.
    const metadata = noDifferences();
    compareAny(first.metadata[name], second.metadata[name] ?? {}, `.metadata.${name}`, undefined, false, metadata);
    found.lost.push(...metadata.lost);
    found.changed.push(...metadata.changed);
  }
  return found;
}

function noDifferences(): Differences {
  return { lost: [], changed: [], added: [], empty: [], emptied: [] };
}

function compareAny(
  first: unknown,
  second: unknown,
  path: string,
  schema: Schema | undefined,
  pruned: boolean,
  found: Differences,
): void {
  const isPruned = pruned && schema === undefined;
  if (isPruned) second = undefined;
  // Where null is allowed it is kept, and no default takes its place.
  const isDefault = second === undefined || (second === null && schema?.["nullable"] !== true);
  if (isDefault) second = schema?.["default"];
  if (first === null && !isAbsent(second) && (isDefault || !isUnset(second))) {
    found.changed.push(path);
    return;
  }
  const isEmptied = isDefault && !isPruned && isContainer(first) && isHollow(first) && !EMPTY_METADATA.test(path);
  if (isEmptied && JSON.stringify(first) !== JSON.stringify(second)) found.emptied.push(path);
  if (isAbsent(first)) return noteAdded(second, path, schema, pruned, found);
  if (isAbsent(second)) {
    if (!isContainer(first) || !isHollow(first)) found.lost.push(path);
    return;
  }
  if (Array.isArray(first) && Array.isArray(second)) return compareLists(first, second, path, schema, pruned, found);
  if (isContainer(first) && isContainer(second) && !Array.isArray(first) && !Array.isArray(second)) {
    return compareMaps(first, second, path, schema, pruned, found);
  }
  if (first !== second) found.changed.push(path);
}

function compareLists(
  first: readonly unknown[],
  second: readonly unknown[],
  path: string,
  schema: Schema | undefined,
  pruned: boolean,
  found: Differences,
): void {
  const items = keepsUnknown(schema) ? schema : schema?.items;
  for (let index = 0; index < Math.max(first.length, second.length); index++) {
    compareAny(first[index], second[index], `${path}[${index}]`, items, pruned, found);
  }
}

function compareMaps(
  first: Readonly<Record<string, unknown>>,
  second: Readonly<Record<string, unknown>>,
  path: string,
  schema: Schema | undefined,
  pruned: boolean,
  found: Differences,
): void {
  const names = new Set([...Object.keys(first), ...Object.keys(second), ...defaultedNames(schema)]);
  for (const name of [...names].sort()) {
    compareAny(own(first, name), own(second, name), `${path}.${name}`, childSchema(schema, name), pruned, found);
  }
}

function noteAdded(
  value: unknown,
  path: string,
  schema: Schema | undefined,
  pruned: boolean,
  found: Differences,
): void {
  if (isAbsent(value) || JSON.stringify(value) === JSON.stringify(schema?.["default"])) return;
  if (Array.isArray(value)) return compareLists([], value, path, schema, pruned, found);
  if (isContainer(value)) return compareMaps({}, value, path, schema, pruned, found);
  (isUnset(value) ? found.empty : found.added).push(path);
}

/** The schema of one field; a node that keeps unknown fields stands for those it does not describe. */
function childSchema(schema: Schema | undefined, name: string): Schema | undefined {
  if (schema === undefined) return undefined;
  const described = schema.properties && own(schema.properties, name);
  if (described !== undefined) return described as Schema;
  const { additionalProperties } = schema;
  if (typeof additionalProperties === "object") return additionalProperties;
  const embedded =
    schema["x-kubernetes-embedded-resource"] === true && ["apiVersion", "kind", "metadata"].includes(name);
  if (additionalProperties === true || keepsUnknown(schema) || embedded) {
    return { "x-kubernetes-preserve-unknown-fields": true };
  }
  return undefined;
}

function keepsUnknown(schema: Schema | undefined): boolean {
  return schema?.["x-kubernetes-preserve-unknown-fields"] === true;
}

function defaultedNames(schema: Schema | undefined): string[] {
  return Object.entries(schema?.properties ?? {}).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [name],
  );
}

/** `constructor` and its like are keys that a user may well have. */
function own(map: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.prototype.hasOwnProperty.call(map, name) ? map[name] : undefined;
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** What Go has where nothing was set: `null` may well come back as one of these. */
function isUnset(value: unknown): boolean {
  return value === "" || value === 0 || value === false || (isContainer(value) && isHollow(value));
}

function isHollow(value: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(value).length === 0;
}
