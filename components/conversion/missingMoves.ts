import type { Move } from "./moves";
import { elementSchema, KUBERNETES_OWN, schemaAt, type SchemaNode } from "./schema";
import { canonicalJsonValue } from "./jsonValue";

interface Sides<T> {
  readonly old: T;
  readonly new: T;
}

/** Keywords that tell what a field may hold. Texts, defaults and CEL rules change nothing in what is carried over. */
const TELLING = [
  "type",
  "format",
  "nullable",
  "enum",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
  "x-kubernetes-int-or-string",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-embedded-resource",
];

/**
 * Every field that differs between the two versions and that no move names, as sentences: what is not named would be
 * carried over as it is, and lost or invalid on the other side.
 */
export function findMissingMoves(
  schemas: Sides<SchemaNode>,
  moves: readonly Move[],
  around: string,
  names: Sides<string>,
): string[] {
  const named = {
    old: new Set(moves.flatMap((move) => move.old)),
    new: new Set(moves.flatMap((move) => move.new)),
  };
  const problems: string[] = [];
  const fields = (schema: SchemaNode | undefined): string[] => Object.keys(schema?.properties ?? {});
  const compareFields = (before: SchemaNode | undefined, after: SchemaNode | undefined, path: string): void => {
    for (const field of new Set([...fields(before), ...fields(after)])) {
      if (around === "" && path === "" && KUBERNETES_OWN.includes(field)) continue;
      const at = path + field;
      if (field.includes(".")) {
        const [one, other] = [fieldOf(before, field), fieldOf(after, field)];
        if (one !== undefined && other !== undefined && same(one, other)) continue;
        problems.push(`${around}${at} differs, and no path can name "${field}": move the object around it by custom()`);
        continue;
      }
      compare(
        named.old.has(at) ? undefined : fieldOf(before, field),
        named.new.has(at) ? undefined : fieldOf(after, field),
        at,
      );
    }
  };
  const compare = (before: SchemaNode | undefined, after: SchemaNode | undefined, at: string): void => {
    if (before === undefined && after === undefined) return;
    if (before !== undefined && after !== undefined) {
      const changed = changes(before, after);
      if (changed.length > 0) {
        problems.push(`${around}${at} differs (${changed.join("; ")}): say map(), keep() or custom()`);
      } else if (before.properties !== undefined && after.properties !== undefined) {
        compareFields(before, after, `${at}.`);
      } else if (!sameElements(before, after)) {
        problems.push(`${around}${at} differs in what is in it: say each(), wrap() or custom()`);
      }
      return;
    }
    const side = before === undefined ? "new" : "old";
    const within = [...named[side]].some((path) => path.startsWith(`${at}.`));
    if (within) return compareFields(before, after, `${at}.`);
    const advice = side === "old" ? "removed(), rename() or map()" : "added(), rename() or map()";
    problems.push(`${around}${at} is in ${names[side]} only: say ${advice}`);
  };
  compareFields(schemas.old, schemas.new, "");
  if (around !== "" && schemas.old.properties === undefined && moves.length === 0) {
    const own = changes(schemas.old, schemas.new);
    if (own.length > 0) problems.push(`${around.slice(0, -1)} differs (${own.join("; ")}): say map() or custom()`);
    else if (!sameElements(schemas.old, schemas.new)) problems.push(`${around.slice(0, -1)} differs in what is in it`);
  }
  return problems;
}

function changes(before: SchemaNode, after: SchemaNode): string[] {
  const found = TELLING.filter((keyword) => text(keyword, before) !== text(keyword, after)).map(
    (keyword) => `${keyword}: ${text(keyword, before)} → ${text(keyword, after)}`,
  );
  if ((before.properties === undefined) !== (after.properties === undefined)) found.push("properties on one side only");
  return found;
}

function text(keyword: string, schema: SchemaNode): string {
  const value = schema[keyword];
  if (value === undefined || value === false) return "none";
  // The order of an enum's values says nothing.
  return canonicalJsonValue(keyword === "enum" && Array.isArray(value) ? [...(value as unknown[])].sort() : value);
}

/** Whether lists, or maps, hold the same; `each` is the move for those that do not. */
function sameElements(before: SchemaNode, after: SchemaNode): boolean {
  const [first, second] = [elementSchema(before), elementSchema(after)];
  if (first === undefined || second === undefined) {
    return first === second && before.additionalProperties === after.additionalProperties;
  }
  return same(first, second);
}

function same(before: SchemaNode, after: SchemaNode): boolean {
  if (changes(before, after).length > 0 || !sameElements(before, after)) return false;
  const names = new Set([...Object.keys(before.properties ?? {}), ...Object.keys(after.properties ?? {})]);
  return [...names].every((name) => {
    const [one, other] = [fieldOf(before, name), fieldOf(after, name)];
    return one !== undefined && other !== undefined && same(one, other);
  });
}

/** `toString` may be a field's name, and every object has one. */
function fieldOf(schema: SchemaNode | undefined, name: string): SchemaNode | undefined {
  return schemaAt(schema, [name]);
}
