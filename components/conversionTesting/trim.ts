import type { Conversion } from "../conversion/define";
import type { Move } from "../conversion/moves";
import type { SchemaNode } from "../conversion/schema";

/** Schemas with fewer fields are tried as they are. */
const LARGE = 200;
/** So many optional fields that no move touches stay in an object that some move touches, and in one that none does. */
const NEAR = 5;
const FAR = 1;

/** What moves touch: all of it, or some of the fields and, as `[]`, of the elements. */
interface Touched {
  whole: boolean;
  readonly fields: Map<string, Touched>;
}

/**
 * The schema that objects are made from. What no move names is handed on as it is, so of a schema with a Pod's template in it
 * most only costs time (25 objects of 1,300 fields for each law and pair are a minute) and hides the rest: among a thousand fields
 * an edit never hits one that moves.
 */
export function trimSchema(conversion: Conversion, version: string): SchemaNode {
  const schema = conversion.schemas[version] ?? {};
  if (sizeOf(schema) < LARGE) return schema;
  const touched = untouched();
  for (const { moves } of conversion.steps) touch(touched, moves);
  return trimmed(schema, touched, []);
}

function untouched(): Touched {
  return { whole: false, fields: new Map() };
}

/** Names of all versions alike: between farther ones a field is moved under its name of another. */
function touch(within: Touched, moves: readonly Move[]): void {
  for (const move of moves) {
    for (const path of [...move.old, ...move.new]) {
      const found = path.split(".").reduce(fieldOf, within);
      if (move.kind === "transfer") found.whole = true;
      else for (const inside of [found, fieldOf(found, "[]")]) touch(inside, move.moves);
    }
  }
}

function fieldOf({ fields }: Touched, name: string): Touched {
  const found = fields.get(name) ?? untouched();
  fields.set(name, found);
  return found;
}

function trimmed(schema: SchemaNode, touched: Touched | undefined, needed: readonly string[]): SchemaNode {
  if (touched?.whole === true) return schema;
  const { properties, items, additionalProperties } = schema;
  const elements = touched?.fields.get("[]");
  const keys = schema["x-kubernetes-list-map-keys"];
  const kept = [...needed, ...(schema.required ?? [])];
  let spare = touched === undefined ? FAR : NEAR;
  const fields = Object.entries(properties ?? {}).flatMap(([name, node]): [string, SchemaNode][] => {
    const within = touched?.fields.get(name);
    if (within === undefined && !kept.includes(name) && spare-- <= 0) return [];
    return [[name, trimmed(node, within, [])]];
  });
  return {
    ...schema,
    ...(properties !== undefined && { properties: Object.fromEntries(fields) }),
    ...(items !== undefined && { items: trimmed(items, elements, Array.isArray(keys) ? (keys as string[]) : []) }),
    ...(typeof additionalProperties === "object" && {
      additionalProperties: trimmed(additionalProperties, elements, []),
    }),
  };
}

function sizeOf({ properties = {}, items, additionalProperties }: SchemaNode): number {
  const inner = [...Object.values(properties), items, additionalProperties];
  return inner.reduce<number>((sum, node) => (typeof node === "object" ? sum + sizeOf(node) : sum), 1);
}
