import { stashAnnotationOf } from "../conversion/stashAnnotations";
import type { Conversion } from "../conversion/define";
import { stringifyExact } from "../conversion/exactJson";
import { isEqualJson, isJsonMap, sortKeysOfJsonValue, type JsonMap } from "../conversion/jsonValue";
import { findSchemaProblems } from "../conversion/schemaProblems";
import type { Convert } from "./converter";
import {
  testedFieldAt,
  numberTestedFieldAt,
  editTestedField,
  leafTestedFields,
  numberTestedFields,
  describeTestedField,
} from "./testedFields";
import { trimSchema } from "./trim";

/** One case that a law is tried with. */
export interface Case {
  readonly from: string;
  readonly to: string;
  /** An object of `from`. */
  readonly object: JsonMap;
  /** Another one, of `to`: what an edit takes its value from. */
  readonly other: JsonMap;
  /** Picks one of several things. */
  readonly pick: number;
}

/** What a law has against a conversion. */
export interface Problem {
  readonly message: string;
  readonly found?: JsonMap;
}

export interface Law {
  readonly name: string;
  /** What the objects are: valid ones, or parts of such. */
  readonly partial: boolean;
  /** Undefined where it holds. */
  broken(convert: Convert, conversion: Conversion, found: Case): Problem | undefined;
}

const roundTrip: Law = {
  name: "there and back gives the same object",
  partial: false,
  broken: (convert, _, { from, to, object }) => sameAgain(convert, object, from, to),
};

function sameAgain(convert: Convert, object: JsonMap, from: string, to: string): Problem | undefined {
  const shown = convert(object, to);
  const again = convert(shown, from);
  if (isEqualJson(normalizedForLaw(again), normalizedForLaw(object))) return undefined;
  return { message: `as ${to} and back it is another object`, found: again };
}

/** The API server wants metadata in every answer, and holds no empty annotations. */
function normalizedForLaw(object: JsonMap): JsonMap {
  return { ...object, metadata: object["metadata"] ?? {} };
}

const partialObjects: Law = {
  name: "a part of an object is converted, and no field appears",
  partial: true,
  broken(convert, conversion, { from, to, object }) {
    const shown = convert(object, to);
    for (const move of movesBetween(conversion, from, to)) {
      if (move.here.some((path) => testedFieldAt(object, path) !== undefined)) continue;
      const appeared = move.there.find((path) => testedFieldAt(shown, path) !== undefined);
      if (appeared !== undefined) return { message: `${appeared} appeared from nothing in ${to}`, found: shown };
    }
    return sameAgain(convert, object, from, to);
  },
};

const editsWin: Law = {
  name: "an edit in the other version wins, and the rest is as it was",
  partial: false,
  broken(convert, conversion, { from, to, object, other, pick }) {
    const shown = convert(object, to);
    const leaves = leafTestedFields(trimSchema(conversion, to));
    const path = leaves[pick % Math.max(leaves.length, 1)];
    if (path === undefined) return undefined;
    const edited = editTestedField(shown, path.split("."), testedFieldAt(other, path));
    if (edited === undefined) return undefined;
    const back = convert(edited, from);
    const again = convert(back, to);
    if (!isEqualJson(bodyForLaw(again), bodyForLaw(edited))) {
      return {
        message: `${path} was edited in ${to} to ${describeTestedField(testedFieldAt(edited, path))}; after ${from} it shows something else`,
        found: again,
      };
    }
    for (const move of movesBetween(conversion, from, to)) {
      if (move.there.some((target) => path === target || path.startsWith(`${target}.`))) continue;
      const changed = move.here.find(
        (source) => !isEqualJson(testedFieldAt(back, source), testedFieldAt(object, source)),
      );
      if (changed === undefined) continue;
      return { message: `${path} was edited in ${to}, and ${changed} changed in ${from}`, found: back };
    }
    return undefined;
  },
};

const validity: Law = {
  name: "a valid object stays valid, and nothing of it is pruned",
  partial: false,
  broken(convert, conversion, { to, object }) {
    const shown = convert(object, to);
    const { apiVersion: _a, kind: _k, metadata: _m, ...fields } = shown;
    const problems = findSchemaProblems(conversion.schemas[to] ?? {}, fields);
    if (problems.length === 0) return undefined;
    return { message: `it is not valid in ${to}: ${problems.slice(0, 5).join("; ")}`, found: shown };
  },
};

const chain: Law = {
  name: "step by step and at once give the same, with the same bytes every time",
  partial: false,
  broken(convert, conversion, { from, to, object }) {
    const [first, last] = [conversion.versions.indexOf(from), conversion.versions.indexOf(to)];
    const between = conversion.versions.slice(Math.min(first, last), Math.max(first, last) + 1);
    if (first > last) between.reverse();
    const atOnce = convert(object, to);
    const stepwise = between.slice(1).reduce((current, version) => convert(current, version), object);
    // Between neighbours the two are the same conversion, done twice.
    if (stringifyExact(sortKeysOfJsonValue(atOnce)) === stringifyExact(sortKeysOfJsonValue(stepwise))) return undefined;
    return { message: `step by step (${between.join("→")}) it is another object in ${to}`, found: stepwise };
  },
};

const numbers: Law = {
  name: "numbers that no move touches keep every digit",
  partial: false,
  broken(convert, conversion, { from, to, object }) {
    const moved = movesBetween(conversion, from, to).flatMap(({ here }) => here);
    const shown = convert(object, to);
    const again = convert(shown, from);
    // Of versions farther apart it is not known here what touches what; their steps are tried by themselves.
    for (const { path, value } of isNeighbour(conversion, from, to) ? numberTestedFields(object, []) : []) {
      const name = path.join(".");
      if (moved.some((source) => name === source || name.startsWith(`${source}.`))) continue;
      for (const found of [shown, again]) {
        if (describeTestedField(numberTestedFieldAt(found, path)) !== describeTestedField(value)) {
          return {
            message: `${name} is ${describeTestedField(value)}, and became ${describeTestedField(numberTestedFieldAt(found, path))}`,
            found,
          };
        }
      }
    }
    return undefined;
  },
};

const metadataKept: Law = {
  name: "of metadata only the conversion's own annotations change",
  partial: false,
  broken(convert, conversion, { to, object }) {
    const shown = convert(object, to);
    if (isEqualJson(withForeignStash(conversion, shown), withForeignStash(conversion, object))) return undefined;
    return { message: `metadata changed in ${to}`, found: shown };
  },
};

const hostile: Law = {
  name: "hostile keys and forged annotations do no harm",
  partial: true,
  broken(convert, conversion, { from, to, object, pick }) {
    const forged = forgeries(conversion)[pick % forgeries(conversion).length] ?? "";
    const forgedAll = conversion.versions.map(
      (version) => [stashAnnotationOf(conversion.group, version), forged] as const,
    );
    const poison = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    ) as JsonMap;
    const metadata = isJsonMap(object["metadata"]) ? object["metadata"] : {};
    const bad = {
      ...object,
      ...poison,
      metadata: { ...metadata, annotations: { ...poison, ...Object.fromEntries(forgedAll) } },
    };
    const shown = convert(bad, to);
    convert(shown, from);
    if (!Object.hasOwn(shown, "__proto__")) return { message: "a field named __proto__ was lost", found: shown };
    if (({} as JsonMap)["polluted"] === undefined) return undefined;
    delete (Object.prototype as unknown as Record<string, unknown>)["polluted"];
    return { message: "Object.prototype was changed" };
  },
};

export const LAWS: readonly Law[] = [
  roundTrip,
  editsWin,
  partialObjects,
  validity,
  chain,
  numbers,
  metadataKept,
  hostile,
];

/** The moves at an object's top, between neighbours; of farther versions nothing is said. */
function movesBetween(conversion: Conversion, from: string, to: string) {
  return conversion.steps.flatMap((step) => {
    if (step.from === from && step.to === to) return step.moves.map((m) => ({ here: m.old, there: m.new }));
    return step.from === to && step.to === from ? step.moves.map((m) => ({ here: m.new, there: m.old })) : [];
  });
}

function isNeighbour({ versions }: Conversion, from: string, to: string): boolean {
  return Math.abs(versions.indexOf(from) - versions.indexOf(to)) === 1;
}

function forgeries(conversion: Conversion): string[] {
  const keys = conversion.steps.flatMap(({ moves }) => moves.flatMap((m) => [m.old.join(","), m.new.join(",")]));
  const spread = (entry: unknown): string => JSON.stringify(Object.fromEntries(keys.map((key) => [key, entry])));
  const values = Object.fromEntries(keys.flatMap((key) => key.split(",")).map((path) => [path, 7]));
  const entries = [
    7,
    null,
    { value: 7 },
    { value: values },
    { value: values, shown: 7 },
    { items: { "h:x": 7, "k:1": {} } },
  ];
  const others = [{ whole: 7 }, { rest: [7, null], inner: 7 }, { container: 7 }, { created: true }, { sealed: "AAAA" }];
  return ["not JSON", "[]", '{"__proto__":{"value":{}}}', "[".repeat(2000), ...[...entries, ...others].map(spread)];
}

function bodyForLaw({ metadata: _, ...fields }: JsonMap): JsonMap {
  return fields;
}

/** Metadata without the conversion's annotations. */
function withForeignStash(conversion: Conversion, object: JsonMap): JsonMap {
  const metadata = isJsonMap(object["metadata"]) ? object["metadata"] : {};
  const { annotations, ...rest } = metadata;
  const own = conversion.versions.map((version) => stashAnnotationOf(conversion.group, version));
  const others = Object.entries(isJsonMap(annotations) ? annotations : {}).filter(([key]) => !own.includes(key));
  return { ...rest, annotations: Object.fromEntries(others) };
}
