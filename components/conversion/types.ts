import type { SchemaNode } from "./schema";

/** True for a schema that is known only at run time (read from YAML): nothing can be said about its paths. */
type Unknown<S> = SchemaNode extends S ? true : false;

/** What a field of this schema holds. Objects may be partial (server-side apply sends parts), so their fields are optional. */
export type Value<S> = S extends { readonly nullable: true } ? Plain<S> | null : Plain<S>;

type Plain<S> =
  Unknown<S> extends true
    ? // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a schema known only at run time: its reader knows more
      any
    : S extends { readonly "x-kubernetes-int-or-string": true }
      ? number | string
      : S extends { readonly enum: readonly (infer E)[] }
        ? E
        : S extends { readonly type: "string" }
          ? string
          : S extends { readonly type: "integer"; readonly format: "int64" }
            ? number | bigint
            : S extends { readonly type: "integer" | "number" }
              ? number
              : S extends { readonly type: "boolean" }
                ? boolean
                : S extends { readonly items: infer I }
                  ? Value<I>[]
                  : S extends { readonly properties: infer P }
                    ? { -readonly [K in keyof P]?: Value<P[K]> }
                    : S extends { readonly additionalProperties: infer A }
                      ? Record<string, A extends boolean ? unknown : Value<A>>
                      : unknown;

type Join<K, Rest> = K extends string ? (Rest extends string ? `${K}.${Rest}` : never) : never;
type Named<P> = keyof P & string;

/** Every path to a field: "spec", "spec.host". Not into lists: that is `each`. */
export type Path<S> =
  Unknown<S> extends true
    ? string
    : S extends { readonly properties: infer P }
      ? { [K in Named<P>]: K | Join<K, Path<P[K]>> }[Named<P>]
      : never;

/** The schema at a path. */
export type At<S, P extends string> =
  Unknown<S> extends true
    ? SchemaNode
    : S extends { readonly properties: infer F }
      ? P extends keyof F
        ? F[P]
        : P extends `${infer K}.${infer Rest}`
          ? K extends keyof F
            ? At<F[K], Rest>
            : never
          : never
      : never;

export type ValueAt<S, P extends string> = Value<At<S, P>>;

/**
 * The path itself where the schema has it, else those that come nearest. Looked up, not picked from the union of all
 * paths: a schema with a Pod's template in it has thousands.
 */
export type PathIn<S, P extends string> = Unknown<S> extends true ? P : [At<S, P>] extends [never] ? Near<S, P> : P;

export type PathsIn<S, P extends readonly string[]> = { [I in keyof P]: PathIn<S, P[I]> };

/** The same for lists and maps, with something in them to convert. */
export type ListIn<S, P extends string> =
  Unknown<S> extends true ? P : [ElementOf<At<S, P>>] extends [never] ? Near<S, P> : P;

type Near<S, P extends string, Prefix extends string = ""> = P extends `${infer K}.${infer Rest}`
  ? K extends keyof Fields<S>
    ? Near<Fields<S>[K], Rest, `${Prefix}${K}.`>
    : `${Prefix}${keyof Fields<S> & string}`
  : `${Prefix}${keyof Fields<S> & string}`;

type Fields<S> = S extends { readonly properties: infer P } ? P : Record<never, never>;

export type ElementOf<L> =
  Unknown<L> extends true
    ? SchemaNode
    : L extends { readonly items: infer I }
      ? I
      : L extends { readonly additionalProperties: infer A }
        ? A extends boolean
          ? never
          : A
        : never;

/** Nothing to add where both fields hold the same type; else something that no path is. */
export type SameType<Old, From extends string, New, To extends string> = [ValueAt<Old, From>] extends [ValueAt<New, To>]
  ? [ValueAt<New, To>] extends [ValueAt<Old, From>]
    ? unknown
    : DifferentTypes<From, To>
  : DifferentTypes<From, To>;

type DifferentTypes<From extends string, To extends string> = {
  [K in `${From} and ${To} hold different types: use map()`]: never;
};

/** The values at several paths, in their order; undefined is absent. */
export type Parts<S, P extends readonly string[]> = { [I in keyof P]: ValueAt<S, P[I]> | undefined };
/** The same, all of them there. */
export type AllParts<S, P extends readonly string[]> = { [I in keyof P]: ValueAt<S, P[I]> };

/** Nothing to add where the newer version has the field (a list, a map), under this name or the one that `to` says. */
export type Goes<S, To extends string> = [At<S, To>] extends [never] ? NoSuchField : unknown;
export type GoesToList<S, To extends string> = [ElementOf<At<S, To>>] extends [never] ? NoSuchField : unknown;

type NoSuchField = { "the newer version has no such field: give its name, { to: … }": never };
