import type { Schema } from "../crd/definition";
import type { Pair } from "./check";
import { isEmbeddedResourceType, isSameSchemaType, isWiderSchemaType } from "./schemaType";
import { ANYTHING, keepsUnknownFields, schemaOfFieldValues, schemaOfField } from "./schemaFields";

/** The keywords below which further nodes stand; each node is a pair of its own. */
export const CHILDREN: readonly string[] = ["properties", "additionalProperties", "items"];

/** Every node that both schemas have, one pair each, from the root down. Below a node of another type nothing is comparable. */
export function pairSchemaNodes(path: string, old: Schema, next: Schema): Pair[] {
  const pairs: Pair[] = [];
  const visit = (pair: Pair): void => {
    pairs.push(pair);
    if (isSameSchemaType(pair.old, pair.next) || isWiderSchemaType(pair.old, pair.next))
      childPairs(pair).forEach(visit);
  };
  visit({ path, old, next, isResource: true });
  return pairs;
}

function childPairs({ path, old, next }: Pair): Pair[] {
  const below = (step: string, left: Schema | undefined, right: Schema | undefined): Pair[] =>
    left === undefined || right === undefined
      ? []
      : [{ path: path + step, old: left, next: right, isResource: isEmbeddedResourceType(right) }];
  return [...namedPairs(old, next, below), ...valuePairs(old, next, below), ...itemPairs(old, next, below)];
}

type Below = (step: string, old: Schema | undefined, next: Schema | undefined) => Pair[];

/** A field that only one side names may be a key of the other's map. */
function namedPairs(old: Schema, next: Schema, below: Below): Pair[] {
  const names = new Set([...Object.keys(old.properties ?? {}), ...Object.keys(next.properties ?? {})]);
  return [...names].flatMap((name) =>
    below(
      `.${name}`,
      schemaOfField(old, name) ?? schemaOfFieldValues(old),
      schemaOfField(next, name) ?? schemaOfFieldValues(next),
    ),
  );
}

function valuePairs(old: Schema, next: Schema, below: Below): Pair[] {
  return below(
    ".*",
    schemaOfFieldValues(old) ?? (keepsUnknownFields(old) ? ANYTHING : undefined),
    schemaOfFieldValues(next),
  );
}

function itemPairs(old: Schema, next: Schema, below: Below): Pair[] {
  if (old.items === undefined && next.items === undefined) return [];
  return below("[]", old.items ?? ANYTHING, next.items ?? ANYTHING);
}
