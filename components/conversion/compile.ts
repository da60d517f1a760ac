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
    move.kind === "transfer" ? undefined : compileInner(move, schemas, around, names, report),
  );
  return {
    up: new Direction("old", "new", schemas).direct(sound, scopes),
    down: new Direction("new", "old", schemas).direct(sound, scopes),
  };
}

function compileInner(
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

/** One direction between two neighbours: where its fields are, and what it makes of each move. */
class Direction {
  private readonly up: boolean;

  constructor(
    private readonly from: Side,
    private readonly to: Side,
    private readonly schemas: Schemas,
  ) {
    this.up = from === "old";
  }

  direct(moves: readonly Move[], scopes: readonly (Scope | undefined)[]): DirectedScope {
    return {
      moves: moves.map((move, index) => {
        const scope = scopes[index];
        return move.kind === "transfer" || scope === undefined
          ? this.directTransfer(move as Transfer)
          : this.directNested(move, scope);
      }),
      containers: this.findContainers(moves).sort((a, b) => b.path.length - a.path.length),
    };
  }

  private directTransfer(move: Transfer): DirectedTransfer {
    return {
      kind: "transfer",
      ...this.describeMove(move),
      from: move[this.from].map((text) => this.findPlace(this.from, text)),
      to: move[this.to].map((text) => this.findPlace(this.to, text)),
      there: this.up ? move.up : move.down,
      back: this.up ? move.down : move.up,
      whole: move.whole,
    };
  }

  private directNested(move: Nested, scope: Scope): DirectedNested {
    return {
      kind: move.kind === "each" ? "each" : (move.kind === "wrap") === this.up ? "into-list" : "into-object",
      ...this.describeMove(move),
      from: this.findPlace(this.from, move[this.from][0]),
      to: this.findPlace(this.to, move[this.to][0]),
      scope: this.up ? scope.up : scope.down,
    };
  }

  private describeMove(move: Move): Directed {
    const [from, to] = [move[this.from], move[this.to]];
    const fields = [
      ...move.old.map((text) => this.schemaOf("old", text)),
      ...move.new.map((text) => this.schemaOf("new", text)),
    ];
    return {
      label: (from.length > 0 ? from : to).join(", "),
      fromKey: from.join(","),
      toKey: to.join(","),
      sensitive: move.sensitive ?? (isMarkedSensitive(move) || fields.some((schema) => hasSecretInSchema(schema))),
    };
  }

  private findPlace(side: Side, text: string): Place {
    const path = text.split(".");
    return { text, path, schema: this.schemaOf(side, text) ?? {}, anchor: this.findAnchor(path) };
  }

  private findAnchor(path: readonly string[]): readonly string[] {
    const isShared = (length: number): boolean =>
      (["old", "new"] as const).every((side) => schemaAt(this.schemas[side], path.slice(0, length)) !== undefined);
    let length = path.length - 1;
    while (length > 0 && !isShared(length)) length--;
    return path.slice(0, length);
  }

  private findContainers(moves: readonly Move[]): Container[] {
    const texts = new Set(moves.flatMap((move) => [...move.old, ...move.new]).flatMap(ancestorPaths));
    return [...texts].map((text) => ({
      text,
      path: text.split("."),
      anchor: this.findAnchor(text.split(".")),
      inFrom: this.schemaOf(this.from, text) !== undefined,
      inTo: this.schemaOf(this.to, text) !== undefined,
      sensitive:
        hasSecretInSchema(this.schemaOf(this.from, text)) ||
        moves.some((move) => move.sensitive === true && move[this.from].some((other) => other.startsWith(`${text}.`))),
    }));
  }

  private schemaOf(side: Side, text: string): SchemaNode | undefined {
    return schemaAt(this.schemas[side], text.split("."));
  }
}

/** Whether a move within is marked: what is kept whole of the list holds its field too. */
function isMarkedSensitive(move: Move): boolean {
  return move.sensitive === true || (move.kind !== "transfer" && move.moves.some(isMarkedSensitive));
}

function ancestorPaths(text: string): string[] {
  const path = text.split(".");
  return path.slice(1).map((_, index) => path.slice(0, index + 1).join("."));
}
