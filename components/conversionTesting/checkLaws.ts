import fc from "fast-check";
import { stringify } from "yaml";
import type { Conversion } from "../conversion/define";
import { reasonOfConversionError } from "../conversion/errors";
import { ExactNumber } from "../conversion/exactJson";
import { isJsonMap, type JsonMap } from "../conversion/jsonValue";
import { arbitraryValueOf } from "./arbitrary";
import { makeConverter, type Convert } from "./converter";
import { LAWS, type Case, type Law, type Problem } from "./lawDefinitions";
import { trimSchema } from "./trim";

export interface LawOptions {
  /** Objects tried for each law and pair of versions. Default: fast-check's, 100. */
  runs?: number;
  /** The same objects at every run. Default: fast-check's, others each time; a failure names it. */
  seed?: number;
  /** What the schemas do not tell: `{ v1: { "spec.hostPort": fc.constantFrom("a:1") } }`; elements are `spec.ports[].num`. */
  values?: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>>;
  /** Keys for sensitive fields, 32 bytes each. Default: one that only tests use. */
  keys?: readonly Uint8Array[];
}

/** A law that a conversion breaks. */
export interface BrokenLaw {
  readonly law: string;
  readonly from: string;
  readonly to: string;
  /** The smallest object found that shows it. */
  readonly object: JsonMap;
  /** All of it as text, with the object as YAML. */
  readonly message: string;
}

/**
 * Registers a test for every law and pair of versions, in jest or any runner with global `describe` and `test`. One line in
 * a test file: `laws(conversion)`.
 */
export function laws(conversion: Conversion, options: LawOptions = {}): void {
  const { describe, test } = globalThis as unknown as Partial<Runner>;
  if (describe === undefined || test === undefined) {
    throw new Error("laws() found no global describe and test; expected jest or the like; elsewhere use checkLaws()");
  }
  describe(`${conversion.kind}.${conversion.group}`, () => {
    for (const { law, from, to } of lawsToCheck(conversion)) {
      test(`${from} → ${to}: ${law.name}`, () => {
        const broken = checkLaw(conversion, law, from, to, options);
        if (broken !== undefined) throw new Error(broken.message);
      });
    }
  });
}

/** Tries every law, and gives those that the conversion breaks. */
export function checkLaws(conversion: Conversion, options: LawOptions = {}): BrokenLaw[] {
  return lawsToCheck(conversion).flatMap(({ law, from, to }) => checkLaw(conversion, law, from, to, options) ?? []);
}

interface Runner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
}

function lawsToCheck({ versions }: Conversion): { law: Law; from: string; to: string }[] {
  const pairs = versions.flatMap((from) => versions.filter((to) => to !== from).map((to) => ({ from, to })));
  return pairs.flatMap((pair) => LAWS.map((law) => ({ law, ...pair })));
}

function checkLaw(
  conversion: Conversion,
  law: Law,
  from: string,
  to: string,
  { runs, seed, values = {}, keys = [new Uint8Array(32)] }: LawOptions,
): BrokenLaw | undefined {
  const convert = makeConverter(conversion, keys);
  const objects = (version: string): fc.Arbitrary<JsonMap> =>
    arbitraryObjects(conversion, version, law.partial, values[version] ?? {});
  const cases = fc.record({
    from: fc.constant(from),
    to: fc.constant(to),
    object: objects(from),
    other: objects(to),
    pick: fc.nat({ max: 1000 }),
  });
  const details = fc.check(
    fc.property(cases, (found) => {
      const problem = brokenByLaw(law, convert, conversion, found);
      if (problem !== undefined) throw new Error(problem.message);
    }),
    { ...(runs !== undefined && { numRuns: runs }), ...(seed !== undefined && { seed }) },
  );
  const smallest = details.counterexample?.[0];
  if (!details.failed || smallest === undefined) return undefined;
  const { message, found } = brokenByLaw(law, convert, conversion, smallest) ?? { message: "it does not fail again" };
  const text = [
    `${conversion.kind} ${from} → ${to}: ${law.name}: ${message}`,
    `the smallest object that shows it (seed ${details.seed}):`,
    lawObjectAsYaml(smallest.object),
    ...(found === undefined ? [] : ["became:", lawObjectAsYaml(found)]),
  ].join("\n");
  return { law: law.name, from, to, object: smallest.object, message: text };
}

function brokenByLaw(law: Law, convert: Convert, conversion: Conversion, found: Case): Problem | undefined {
  try {
    return law.broken(convert, conversion, found);
  } catch (error) {
    return { message: reasonOfConversionError(error) };
  }
}

function arbitraryObjects(
  conversion: Conversion,
  version: string,
  partial: boolean,
  values: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<JsonMap> {
  const { group, kind } = conversion;
  const texts = fc.dictionary(fc.constantFrom("a", "example.com/b"), fc.constantFrom("", "x"), {
    noNullPrototype: true,
    minKeys: 1,
  });
  const metadata = fc.record(
    { name: fc.constant("example"), namespace: fc.constant("default"), labels: texts, annotations: texts },
    { requiredKeys: partial ? [] : ["name"], noNullPrototype: true },
  );
  const fields = arbitraryValueOf(trimSchema(conversion, version), { partial, values }) as fc.Arbitrary<JsonMap>;
  return fc
    .tuple(partial ? fc.option(metadata, { nil: undefined }) : metadata, fields)
    .map(([meta, body]) => ({ apiVersion: `${group}/${version}`, kind, ...(meta && { metadata: meta }), ...body }));
}

function lawObjectAsYaml(object: JsonMap): string {
  return stringify(plain(object)).trimEnd().replace(/^/gm, "  ");
}

/** For the reader: a number held apart is written as it is. */
function plain(value: unknown): unknown {
  if (value instanceof ExactNumber) return /^-?\d+$/.test(value.text) ? BigInt(value.text) : Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (!isJsonMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}
