import type { PrunedField } from "../compatibility/prunedFields";
import type { Schema } from "../crd/definition";
import type { KubernetesObject } from "../kubernetes/api";
import { compareObjects } from "../migration/rehearsal/compare";

/**
 * How many of these objects have something at each of these places, field by field. As in the rehearsal, an empty list or map
 * is nothing.
 *
 * @param to the schema that does not hold these places
 */
export function countFieldUses(
  fields: readonly PrunedField[],
  objects: readonly KubernetesObject[],
  to: Schema,
): readonly number[] {
  const counts = fields.map(() => 0);
  for (const object of objects) {
    const pruned = compareObjects(object, object, to).lost.map(withoutIndexes);
    const present = fields.some(hasOtherType) ? presentPaths(object) : [];
    fields.forEach((field, index) => {
      const isMatch = placeOf(field);
      const isUsed = pruned.some(isMatch) || (hasOtherType(field) && present.some(isMatch));
      if (isUsed) counts[index] = (counts[index] ?? 0) + 1;
    });
  }
  return counts;
}

/** Both schemas know the place: nothing is pruned there, and the API server refuses what is of the wrong type. */
function hasOtherType({ reason }: PrunedField): boolean {
  return reason?.includes(" → ") === true;
}

/** The place itself and all below it; a key of a map, of which the path says `*`, may have dots. */
function placeOf({ path }: PrunedField): (found: string) => boolean {
  const literal = path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\\\.\\\*/g, "\\..+");
  const place = new RegExp(`^${literal}(?:$|[.[])`);
  return (found) => place.test(found);
}

function withoutIndexes(path: string): string {
  return path.replace(/\[\d+\]/g, "[]");
}

/** Each value that is there, as a path of a schema. */
function presentPaths(object: KubernetesObject): string[] {
  const { apiVersion: _, kind: __, metadata: ___, ...rest } = object;
  return pathsBelow(rest, "");
}

function pathsBelow(value: unknown, path: string): string[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object") return [path];
  if (Array.isArray(value)) return [path, ...value.flatMap((item) => pathsBelow(item, `${path}[]`))];
  return [path, ...Object.entries(value).flatMap(([name, child]) => pathsBelow(child, `${path}.${name}`))];
}
