import type { Move, Nested, Transfer, Way } from "./moves";
import { checkMove, checkMovesOverlap, type Schemas, type Side } from "./checkMoves";
import { elementSchema, hasSecretInSchema, schemaAt, type SchemaNode } from "./schema";
import { findMissingMoves } from "./missingMoves";

/** One field of one version. */
export interface Place {
  readonly text: string;
  readonly path: readonly string[];
  readonly schema: SchemaNode;
  /** The object nearest above it that both versions have: where that is gone, a user took it away. */
  readonly anchor: readonly string[];
}

interface Directed {
  /** For messages: the paths of the version it comes from, or where it has none there, of the other. */
  readonly label: string;
  /** Under what name the annotation keeps what only the version it comes from can hold. */
  readonly fromKey: string;
  /** The same for the version it goes to: what an earlier way back left there. */
  readonly toKey: string;
  readonly sensitive: boolean;
}

export interface DirectedTransfer extends Directed {
  readonly kind: "transfer";
  readonly from: readonly Place[];
  readonly to: readonly Place[];
  readonly there?: Way | undefined;
  readonly back?: Way | undefined;
  readonly whole: boolean;
}

export interface DirectedNested extends Directed {
  readonly kind: "each" | "into-list" | "into-object";
  readonly from: Place;
  readonly to: Place;
  readonly scope: DirectedScope;
}

export interface Container {
  readonly text: string;
  readonly path: readonly string[];
  readonly anchor: readonly string[];
  readonly inFrom: boolean;
  readonly inTo: boolean;
  readonly sensitive: boolean;
}

/** The moves of one object, in one direction. */
export interface DirectedScope {
  readonly moves: readonly (DirectedTransfer | DirectedNested)[];
  /** Every object around a moved field, the deepest first. */
  readonly containers: readonly Container[];
}

export interface Scope {
  readonly up: DirectedScope;
  readonly down: DirectedScope;
}

/**
 * Checks the moves against both schemas and makes them ready to run.
 *
 * @param around path of the list or object that these moves are in, for messages: "" or "spec.ports[]."
 * @param report takes each problem as a sentence; the scope is of use only if there was none
 */
export function compileScope(
  schemas: Schemas,
  moves: readonly Move[],
  around: string,
  names: Readonly<Record<Side, string>>,
  report: (problem: string) => void,
): Scope {
  const sound = moves.filter((move) => checkMove(move, schemas, around, names, report));
  for (const side of ["old", "new"] as const) checkMovesOverlap(sound, side, around, names[side], report);
  for (const problem of findMissingMoves(schemas, sound, around, names)) report(problem);
  const scopes = sound.map((move) =>
    move.kind === "transfer" ? undefined : inner(move, schemas, around, names, report),
  );
  return {
    up: direct("old", "new", schemas, sound, scopes),
    down: direct("new", "old", schemas, sound, scopes),
  };
}

function inner(
  move: Nested,
  schemas: Schemas,
  around: string,
  names: Readonly<Record<Side, string>>,
  report: (problem: string) => void,
): Scope {
  const element = (side: Side, isList: boolean): SchemaNode => {
    const schema = schemaAt(schemas[side], move[side][0].split(".")) ?? {};
    return isList ? (elementSchema(schema) ?? {}) : schema;
  };
  const within = { old: element("old", move.kind !== "wrap"), new: element("new", move.kind !== "unwrap") };
  const moves = move.sensitive === true ? move.moves.map(asSensitive) : move.moves;
  return compileScope(within, moves, `${around}${move.old[0]}[].`, names, report);
}

/** What is said of a list is said of all that is in it. */
function asSensitive(move: Move): Move {
  return { ...move, sensitive: move.sensitive ?? true };
}

function direct(
  from: Side,
  to: Side,
  schemas: Schemas,
  moves: readonly Move[],
  scopes: readonly (Scope | undefined)[],
): DirectedScope {
  const up = from === "old";
  const shared = (path: readonly string[]): boolean =>
    schemaAt(schemas.old, path) !== undefined && schemaAt(schemas.new, path) !== undefined;
  const anchor = (path: readonly string[]): readonly string[] => {
    let length = path.length - 1;
    while (length > 0 && !shared(path.slice(0, length))) length--;
    return path.slice(0, length);
  };
  const place = (side: Side, text: string): Place => {
    const path = text.split(".");
    return { text, path, schema: schemaAt(schemas[side], path) ?? {}, anchor: anchor(path) };
  };
  const common = (move: Move): Directed => {
    const secret = [...move.old.map((p) => place("old", p)), ...move.new.map((p) => place("new", p))];
    return {
      label: (move[from].length > 0 ? move[from] : move[to]).join(", "),
      fromKey: move[from].join(","),
      toKey: move[to].join(","),
      sensitive: move.sensitive ?? (marked(move) || secret.some(({ schema }) => hasSecretInSchema(schema))),
    };
  };
  const transfer = (move: Transfer): DirectedTransfer => ({
    kind: "transfer",
    ...common(move),
    from: move[from].map((text) => place(from, text)),
    to: move[to].map((text) => place(to, text)),
    there: up ? move.up : move.down,
    back: up ? move.down : move.up,
    whole: move.whole,
  });
  const nested = (move: Nested, scope: Scope): DirectedNested => ({
    kind: move.kind === "each" ? "each" : (move.kind === "wrap") === up ? "into-list" : "into-object",
    ...common(move),
    from: place(from, move[from][0]),
    to: place(to, move[to][0]),
    scope: up ? scope.up : scope.down,
  });
  const texts = new Set(moves.flatMap((move) => [...move.old, ...move.new]).flatMap(ancestors));
  const containers = [...texts].map((text): Container => {
    const path = text.split(".");
    return {
      text,
      path,
      anchor: anchor(path),
      inFrom: schemaAt(schemas[from], path) !== undefined,
      inTo: schemaAt(schemas[to], path) !== undefined,
      sensitive:
        hasSecretInSchema(schemaAt(schemas[from], path)) ||
        moves.some((move) => move.sensitive === true && move[from].some((other) => other.startsWith(`${text}.`))),
    };
  });
  return {
    moves: moves.map((move, index) => {
      const scope = scopes[index];
      return move.kind === "transfer" || scope === undefined ? transfer(move as Transfer) : nested(move, scope);
    }),
    containers: containers.sort((a, b) => b.path.length - a.path.length),
  };
}

/** Whether a move within is marked: what is kept whole of the list holds its field too. */
function marked(move: Move): boolean {
  return move.sensitive === true || (move.kind !== "transfer" && move.moves.some(marked));
}

function ancestors(text: string): string[] {
  const path = text.split(".");
  return path.slice(1).map((_, index) => path.slice(0, index + 1).join("."));
}
