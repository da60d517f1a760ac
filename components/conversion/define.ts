import { compileScope, type Scope } from "./compile";
import { convertObject, type Chain, type ConvertOptions } from "./convert";
import { DefinitionError } from "./errors";
import { parseExact, stringifyExact } from "./exactJson";
import type { JsonMap } from "./jsonValue";
import { movesOf, type Move, type Moves } from "./moves";
import { reviewObjects, type ConversionReview, type ReviewOptions } from "./review";
import type { Versions } from "./schema";

/** The moves between two neighbours; made by the function that `steps` is given. */
export interface Step {
  readonly from: string;
  readonly to: string;
  readonly moves: readonly Move[];
}

export type StepOf<V extends Versions> = <From extends keyof V & string, To extends keyof V & string>(
  from: From,
  to: To,
  moves: (m: Moves<V[From], V[To]>) => readonly Move[],
) => Step;

export interface ConversionArgs<V extends Versions> {
  /** The CRD's group: `example.com`. */
  group: string;
  /** The CRD's kind: `Database`. */
  kind: string;
  /** openAPIV3Schema of every version, from the oldest to the newest; `as const`, so that paths and types are checked. */
  versions: V;
  /** One step from each version to the next. A step that was released stays as it is: objects were converted with it. */
  steps: (step: StepOf<V>) => readonly Step[];
}

/** A conversion between all versions of one kind. */
export interface Conversion {
  readonly group: string;
  readonly kind: string;
  /** From the oldest to the newest. */
  readonly versions: readonly string[];
  readonly schemas: Versions;
  readonly steps: readonly Step[];
  /** No step moves anything: strategy None will do, and no webhook is needed. */
  readonly isIdentity: boolean;
  /** Fields that need a key to be converted, as `version path`: sensitive, and one version cannot hold them. */
  readonly sensitive: readonly string[];
  /**
   * One object in another version, `group/version` or its version alone. The input is not changed.
   *
   * @throws ConversionError naming the object, the step, the path and the reason
   */
  convert(object: object, to: string, options?: ConvertOptions): JsonMap;
  /**
   * The answer to one ConversionReview. A conversion that fails is an answer too.
   *
   * @throws ReviewError for a body that is none
   */
  review(body: unknown, options?: ReviewOptions): ConversionReview;
  /**
   * The same over JSON text, in which every number of the answer is written as it was in the request.
   *
   * @throws ReviewError, SyntaxError; RangeError for an object nested so deep that the stack does not do: a worker with
   * `stackSizeMb: 16` takes the 10,000 levels that the API server takes
   */
  answer(body: string, options?: ReviewOptions): string;
}

/**
 * Defines the conversion between all versions of one kind: each step is written once, and works in both directions.
 *
 * @throws DefinitionError with everything that is wrong: fields that differ and that no move names, paths that are in no
 * schema, missing steps
 */
export function defineConversion<const V extends Versions>(args: ConversionArgs<V>): Conversion {
  const versions = Object.keys(args.versions);
  const problems: string[] = [];
  const steps = args.steps((from, to, moves) => ({ from, to, moves: movesOf(moves) }));
  const scopes = versions.slice(1).flatMap((to, index): Scope[] => {
    const from = versions[index] as string;
    const found = steps.filter((step) => step.from === from && step.to === to);
    const [step] = found;
    if (step === undefined || found.length > 1) {
      problems.push(`${from}→${to}: found ${found.length} steps; expected one: step("${from}", "${to}", (m) => […])`);
      return [];
    }
    const schemas = { old: args.versions[from] ?? {}, new: args.versions[to] ?? {} };
    const report = (problem: string): void => void problems.push(`${from}→${to}: ${problem}`);
    return [compileScope(schemas, step.moves, "", { old: from, new: to }, report)];
  });
  for (const { from, to } of steps) {
    if (versions.indexOf(to) !== versions.indexOf(from) + 1 || !versions.includes(from)) {
      problems.push(`${from}→${to} is no step from one version to the next; the versions are ${versions.join(", ")}`);
    }
  }
  if (problems.length > 0) {
    throw new DefinitionError([`the conversion of ${args.kind} (${args.group}):`, ...problems].join("\n  "));
  }
  const chain: Chain = { group: args.group, kind: args.kind, versions, steps: scopes };
  return {
    group: args.group,
    kind: args.kind,
    versions,
    schemas: args.versions,
    steps,
    isIdentity: steps.every(({ moves }) => moves.length === 0),
    sensitive: sensitiveOf(chain),
    convert: (object, to, options) =>
      convertObject(chain, object, to.includes("/") ? to : `${args.group}/${to}`, options),
    review: (body, options) => reviewObjects(chain, body, options),
    answer: (body, options) => stringifyExact(reviewObjects(chain, parseExact(body), options)),
  };
}

function sensitiveOf({ versions, steps }: Chain): string[] {
  const found = steps.flatMap((scope, index) =>
    [
      { moves: scope.up.moves, version: versions[index] },
      { moves: scope.down.moves, version: versions[index + 1] },
    ].flatMap(({ moves, version }) => {
      // A value that is only renamed is always held by both.
      const kept = moves.filter((m) => m.sensitive && !(m.kind === "transfer" && !m.there && m.toKey !== ""));
      return kept.filter(({ fromKey }) => fromKey !== "").map(({ fromKey }) => `${version} ${fromKey}`);
    }),
  );
  return [...new Set(found)];
}
