import type { Move } from "./moves";
import { elementSchema, isMapSchema, KUBERNETES_OWN, schemaAt, type SchemaNode } from "./schema";

export type Side = "old" | "new";

export interface Schemas {
  readonly old: SchemaNode;
  readonly new: SchemaNode;
}

/** `constructor.prototype` and the like would reach beyond the object; metadata is the API server's. */
const FORBIDDEN = ["__proto__", "constructor", "prototype"];

/** False, and reported, where a path of the move leads nowhere, or to what it cannot move. */
export function checkMove(
  move: Move,
  schemas: Schemas,
  around: string,
  names: Readonly<Record<Side, string>>,
  report: (problem: string) => void,
): boolean {
  const problems = (["old", "new"] as const).flatMap((side) =>
    move[side].flatMap((text) => {
      const problem = whyNotMovable(move, side, text, schemas[side], around, names[side]);
      return problem === undefined ? [] : [`${move.name}: ${around}${text} ${problem}`];
    }),
  );
  if (problems.length === 0 && isOfListAndMap(move, schemas)) {
    problems.push(`each: ${around}${move.old[0]} is a list in one version and a map in the other; use custom()`);
  }
  problems.forEach(report);
  return problems.length === 0;
}

function whyNotMovable(
  { kind }: Move,
  side: Side,
  text: string,
  whole: SchemaNode,
  around: string,
  version: string,
): string | undefined {
  const path = text.split(".");
  const forbidden = path.find((name) => FORBIDDEN.includes(name));
  if (forbidden !== undefined) return `${forbidden} is no name of a field`;
  if (around === "" && KUBERNETES_OWN.includes(path[0] ?? ""))
    return "is Kubernetes' own; a conversion may move only the other fields";
  const schema = schemaAt(whole, path);
  if (schema === undefined) return `is not in the schema of ${version}; ${describeKnownFields(whole, path)}`;
  if (kind === "each" && elementSchema(schema) === undefined)
    return `is neither a list nor a map in ${version}; expected one of them`;
  const isList = kind === "wrap" ? side === "new" : kind === "unwrap" && side === "old";
  return isList && !schema.items ? `is no list in ${version}; expected a list` : undefined;
}

function isOfListAndMap(move: Move, schemas: Schemas): boolean {
  if (move.kind !== "each") return false;
  const [first, second] = [
    schemaAt(schemas.old, move.old[0].split(".")),
    schemaAt(schemas.new, move.new[0].split(".")),
  ];
  return first !== undefined && second !== undefined && isMapSchema(first) !== isMapSchema(second);
}

function describeKnownFields(schema: SchemaNode, path: readonly string[]): string {
  for (let length = path.length - 1; length >= 0; length--) {
    const fields = Object.keys(schemaAt(schema, path.slice(0, length))?.properties ?? {});
    if (fields.length === 0) continue;
    const shown = fields.slice(0, 10).join(", ") + (fields.length > 10 ? ", …" : "");
    return `${path.slice(0, length).join(".") || "its top"} has ${shown}`;
  }
  return "it describes no fields";
}

/** Reports fields that are in more than one move: which of them has its value would be chance. */
export function checkMovesOverlap(
  moves: readonly Move[],
  side: Side,
  around: string,
  version: string,
  report: (problem: string) => void,
): void {
  const paths = moves.flatMap((move) => move[side]).sort();
  paths.forEach((path, index) => {
    const next = paths.slice(index + 1).find((other) => other === path || other.startsWith(`${path}.`));
    if (next === undefined) return;
    const problem = next === path ? "is named twice" : `holds ${around}${next}, which is named too`;
    report(`${around}${path} ${problem} (${version}); expected each field in one move`);
  });
}
