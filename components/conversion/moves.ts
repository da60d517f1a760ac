import type {
  AllParts,
  At,
  ElementOf,
  Goes,
  GoesToList,
  ListIn,
  Parts,
  PathIn,
  PathsIn,
  SameType,
  ValueAt,
} from "./types";

export interface MoveOptions {
  /**
   * Never written to the annotation in clear: sealed with the webhook's key, or the conversion is refused. Default: whether
   * the schema says `format: password`.
   */
  sensitive?: boolean;
}

/**
 * Both directions of a change of values. What `up` and `down` cannot express they answer with undefined: the field is then
 * absent there, and its value comes back when the object does. A throw makes the object unreadable in that version.
 */
export interface Ways<Up, Down> {
  up: Up;
  down: Down;
}

/** What one step may do, each move in both directions. `Old` and `New` are the two schemas. */
export interface Moves<Old, New> {
  /** The same value under another name. */
  rename<F extends string, T extends string>(
    from: PathIn<Old, F>,
    to: PathIn<New, T> & SameType<Old, F, New, T>,
    options?: MoveOptions,
  ): Move;
  /** The value as it is, although the schemas put other bounds on it (a pattern, a maximum, …). */
  keep<P extends string>(
    path: P & PathIn<Old, P> & PathIn<New, P> & SameType<Old, P, New, P>,
    options?: MoveOptions,
  ): Move;
  /** One field whose values change, under the same name or another. */
  map<F extends string, T extends string>(
    from: PathIn<Old, F>,
    to: PathIn<New, T>,
    ways: Ways<
      (value: ValueAt<Old, F>) => ValueAt<New, T> | undefined,
      (value: ValueAt<New, T>) => ValueAt<Old, F> | undefined
    >,
    options?: MoveOptions,
  ): Move;
  /** One field becomes several. With a part absent `down` is not asked: the parts that are there are kept. */
  split<F extends string, const T extends readonly string[]>(
    from: PathIn<Old, F>,
    to: T & PathsIn<New, T>,
    ways: Ways<
      (value: ValueAt<Old, F>) => Parts<New, T> | undefined,
      (parts: AllParts<New, T>) => ValueAt<Old, F> | undefined
    >,
    options?: MoveOptions,
  ): Move;
  /** Several fields become one. With a part absent `up` is not asked: the parts that are there are kept. */
  join<const F extends readonly string[], T extends string>(
    from: F & PathsIn<Old, F>,
    to: PathIn<New, T>,
    ways: Ways<
      (parts: AllParts<Old, F>) => ValueAt<New, T> | undefined,
      (value: ValueAt<New, T>) => Parts<Old, F> | undefined
    >,
    options?: MoveOptions,
  ): Move;
  /** Only the newer version has it. */
  added<T extends string>(path: PathIn<New, T>, options?: MoveOptions): Move;
  /** Only the older version has it. */
  removed<F extends string>(path: PathIn<Old, F>, options?: MoveOptions): Move;
  /** A list (or a map) whose elements change; `to` where it has another name in the newer version. */
  each<F extends string, T extends string = F>(
    path: ListIn<Old, F> & GoesToList<New, T>,
    moves: (m: Moves<ElementOf<At<Old, F>>, ElementOf<At<New, T>>>) => readonly Move[],
    options?: MoveOptions & { to: T },
  ): Move;
  /** An object becomes a list of one. Longer lists keep the rest in the annotation. */
  wrap<F extends string, T extends string = F>(
    path: PathIn<Old, F> & GoesToList<New, T>,
    moves?: (m: Moves<At<Old, F>, ElementOf<At<New, T>>>) => readonly Move[],
    options?: MoveOptions & { to: T },
  ): Move;
  /** A list becomes an object: its first. */
  unwrap<F extends string, T extends string = F>(
    path: ListIn<Old, F> & Goes<New, T>,
    moves?: (m: Moves<ElementOf<At<Old, F>>, At<New, T>>) => readonly Move[],
    options?: MoveOptions & { to: T },
  ): Move;
  /** Any fields to any fields; asked as soon as one is there, undefined stands for an absent one. */
  custom<const F extends readonly string[], const T extends readonly string[]>(
    from: F & PathsIn<Old, F>,
    to: T & PathsIn<New, T>,
    ways: Ways<
      (values: Parts<Old, F>) => Parts<New, T> | undefined,
      (values: Parts<New, T>) => Parts<Old, F> | undefined
    >,
    options?: MoveOptions,
  ): Move;
}

export type Values = readonly unknown[];
export type Way = (values: Values) => Values | undefined;

export interface Transfer {
  readonly kind: "transfer";
  readonly name: string;
  readonly old: readonly string[];
  readonly new: readonly string[];
  readonly up?: Way;
  readonly down?: Way;
  /** Ask `up` and `down` only when every one of their fields is there. */
  readonly whole: boolean;
  readonly sensitive?: boolean;
}

export interface Nested {
  readonly kind: "each" | "wrap" | "unwrap";
  readonly name: string;
  readonly old: readonly [string];
  readonly new: readonly [string];
  readonly moves: readonly Move[];
  readonly sensitive?: boolean;
}

/** One move, as data; made by the functions of `Moves`. */
export type Move = Transfer | Nested;

type AnyWays = Ways<(value: unknown) => unknown, (value: unknown) => unknown>;
type Inner = (m: never) => readonly Move[];
type To = MoveOptions & { to?: string };

function sensitiveFlag({ sensitive }: MoveOptions = {}): { sensitive?: boolean } {
  return sensitive === undefined ? {} : { sensitive };
}

/** Answers "cannot be expressed", undefined, for one value as for several. */
function wayOfOne(way: (value: never) => unknown): Way {
  return ([value]) => [way(value as never)];
}

function wayOfMany(way: (values: never) => unknown): Way {
  return (values) => way(values as never) as Values | undefined;
}

function nestedMove(kind: Nested["kind"]) {
  return (path: string, moves: Inner = () => [], { to = path, ...options }: To = {}): Move => ({
    kind,
    name: kind,
    old: [path],
    new: [to],
    moves: movesOf(moves),
    ...sensitiveFlag(options),
  });
}

const transfer = (name: string, from: readonly string[], to: readonly string[], options?: MoveOptions): Transfer => ({
  kind: "transfer",
  name,
  old: from,
  new: to,
  whole: true,
  ...sensitiveFlag(options),
});

const builder = {
  rename: (from: string, to: string, o?: MoveOptions): Move => transfer("rename", [from], [to], o),
  keep: (path: string, o?: MoveOptions): Move => transfer("keep", [path], [path], o),
  added: (path: string, o?: MoveOptions): Move => transfer("added", [], [path], o),
  removed: (path: string, o?: MoveOptions): Move => transfer("removed", [path], [], o),
  map: (from: string, to: string, { up, down }: AnyWays, o?: MoveOptions): Move => ({
    ...transfer("map", [from], [to], o),
    up: wayOfOne(up),
    down: wayOfOne(down),
  }),
  split: (from: string, to: readonly string[], { up, down }: AnyWays, o?: MoveOptions): Move => ({
    ...transfer("split", [from], to, o),
    up: ([value]) => up(value) as Values | undefined,
    down: (parts) => [down(parts)],
  }),
  join: (from: readonly string[], to: string, { up, down }: AnyWays, o?: MoveOptions): Move => ({
    ...transfer("join", from, [to], o),
    up: (parts) => [up(parts)],
    down: ([value]) => down(value) as Values | undefined,
  }),
  custom: (from: readonly string[], to: readonly string[], { up, down }: AnyWays, o?: MoveOptions): Move => ({
    ...transfer("custom", from, to, o),
    up: wayOfMany(up),
    down: wayOfMany(down),
    whole: false,
  }),
  each: nestedMove("each"),
  wrap: nestedMove("wrap"),
  unwrap: nestedMove("unwrap"),
};

/** The functions behind `Moves`: what is typed there is plain data here. */
export function movesOf(list: (m: never) => readonly Move[]): readonly Move[] {
  return list(builder as never);
}
