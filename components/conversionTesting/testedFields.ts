import { readJsonAtPath, isEqualJson, isJsonMap, type JsonMap } from "../conversion/jsonValue";
import { ExactNumber, stringifyExact } from "../conversion/exactJson";
import { isContainerSchema, KUBERNETES_OWN, type SchemaNode } from "../conversion/schema";

/** Paths of fields in which there are no others. */
export function leafTestedFields(schema: SchemaNode, prefix = ""): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
    if (prefix === "" && KUBERNETES_OWN.includes(name)) return [];
    return isContainerSchema(node) ? leafTestedFields(node, `${prefix}${name}.`) : [`${prefix}${name}`];
  });
}

/** Undefined where there is nothing to edit: no object that could hold it, or no change. */
export function editTestedField(object: JsonMap, path: readonly string[], value: unknown): JsonMap | undefined {
  const parent = readJsonAtPath(object, path.slice(0, -1));
  if (!isJsonMap(parent) || isEqualJson(readJsonAtPath(object, path), value)) return undefined;
  const [name, ...rest] = path as [string, ...string[]];
  if (rest.length > 0) return { ...object, [name]: editTestedField(object[name] as JsonMap, rest, value) };
  if (value !== undefined) return { ...object, [name]: value };
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}

export function testedFieldAt(object: JsonMap, path: string): unknown {
  return readJsonAtPath(object, path.split("."));
}

export function numberTestedFieldAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((found, name) => {
    if (Array.isArray(found)) return (found as unknown[])[Number(name)];
    return isJsonMap(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }, value);
}

export function numberTestedFields(
  value: unknown,
  path: readonly string[],
): { path: readonly string[]; value: unknown }[] {
  if (typeof value === "number" || value instanceof ExactNumber) return [{ path, value }];
  if (typeof value !== "object" || value === null || path[0] === "metadata") return [];
  return Object.entries(value).flatMap(([key, field]) => numberTestedFields(field, [...path, key]));
}

export function describeTestedField(value: unknown): string {
  return value === undefined ? "nothing" : stringifyExact(value);
}
