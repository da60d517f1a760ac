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
  let sound = true;
  for (const side of ["old", "new"] as const) {
    for (const text of move[side]) {
      const path = text.split(".");
      const forbidden = path.find((name) => FORBIDDEN.includes(name));
      const schema = schemaAt(schemas[side], path);
      let problem: string | undefined;
      if (forbidden !== undefined) problem = `${forbidden} is no name of a field`;
      else if (around === "" && KUBERNETES_OWN.includes(path[0] ?? "")) {
        problem = "is Kubernetes' own; a conversion may move only the other fields";
      } else if (schema === undefined)
        problem = `is not in the schema of ${names[side]}; ${known(schemas[side], path)}`;
      else if (move.kind === "each" && elementSchema(schema) === undefined) {
        problem = `is neither a list nor a map in ${names[side]}; expected one of them`;
      } else if ((move.kind === "wrap" ? side === "new" : move.kind === "unwrap" && side === "old") && !schema.items) {
        problem = `is no list in ${names[side]}; expected a list`;
      }
      if (problem === undefined) continue;
      report(`${move.name}: ${around}${text} ${problem}`);
      sound = false;
    }
  }
  if (sound && move.kind === "each") {
    const [first, second] = [
      schemaAt(schemas.old, move.old[0].split(".")),
      schemaAt(schemas.new, move.new[0].split(".")),
    ];
    if (first !== undefined && second !== undefined && isMapSchema(first) !== isMapSchema(second)) {
      report(`each: ${around}${move.old[0]} is a list in one version and a map in the other; use custom()`);
      sound = false;
    }
  }
  return sound;
}

function known(schema: SchemaNode, path: readonly string[]): string {
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
