import Ajv from "ajv";
import fc from "fast-check";
import { compareDefinitions } from "../../../components/compatibility/compareDefinitions";
import type { Definition, Schema } from "../../../components/crd/definition";
import { manifest, version } from "../fixtures";

const small = fc.integer({ min: -3, max: 6 });
const count = fc.integer({ min: 0, max: 3 });

/** One or two keywords with the type: where more stand together, hardly a value is valid. */
function few(keywords: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Schema> {
  const names = Object.keys(keywords).filter((key) => key !== "type");
  return fc
    .tuple(fc.record(keywords), fc.subarray(names, { minLength: 1, maxLength: 2 }))
    .map(([all, kept]) =>
      Object.fromEntries(Object.entries(all).filter(([key]) => key === "type" || kept.includes(key))),
    );
}

const range = few({ minimum: small, maximum: small });
const ranges = fc.array(range, { minLength: 1, maxLength: 2 });

const numeric = (type: string): fc.Arbitrary<Schema> =>
  few({
    type: fc.constant(type),
    minimum: small,
    maximum: small,
    exclusiveMinimum: fc.boolean(),
    exclusiveMaximum: fc.boolean(),
    multipleOf: fc.constantFrom(1, 2, 3, 4),
    enum: fc.uniqueArray(small, { minLength: 1, maxLength: 4 }),
    anyOf: ranges,
    oneOf: ranges,
    allOf: ranges,
    not: range,
    nullable: fc.boolean(),
    "x-kubernetes-int-or-string": fc.constant(true),
  });

const WORDS = ["", "a", "ab", "abc", "b"];

const texts = few({
  type: fc.constant("string"),
  minLength: count,
  maxLength: count,
  pattern: fc.constantFrom("^a", "b$"),
  enum: fc.uniqueArray(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 }),
  nullable: fc.boolean(),
  "x-kubernetes-int-or-string": fc.constant(true),
});

const scalar = fc.constantFrom<Schema>({ type: "string" }, { type: "integer" }, { type: "number", maximum: 1 });

const lists = few({
  type: fc.constant("array"),
  items: scalar,
  minItems: count,
  maxItems: count,
  uniqueItems: fc.boolean(),
  nullable: fc.boolean(),
});

const objects = few({
  type: fc.constant("object"),
  properties: fc.dictionary(fc.constantFrom("a", "b"), scalar),
  required: fc.uniqueArray(fc.constantFrom("a", "b")),
  minProperties: count,
  maxProperties: count,
  nullable: fc.boolean(),
  "x-kubernetes-preserve-unknown-fields": fc.constant(true),
});

const maps = few({
  type: fc.constant("object"),
  additionalProperties: scalar,
  minProperties: count,
  maxProperties: count,
  "x-kubernetes-preserve-unknown-fields": fc.constant(true),
});

/** Every value that could tell two of these schemas apart. */
const VALUES: unknown[] = [
  null,
  true,
  ...[-4, -3, -2, -1, 0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7],
  ...WORDS,
  ...[[], [0], ["a"], [1.5], [0, 1], [1, 1, 2], [1, 2, 3, 4]],
  ...[undefined, 0, "x", 1.5].flatMap((a) => [undefined, 0, "x", 1.5].map((b) => JSON.parse(JSON.stringify({ a, b })))),
  { a: 0, b: 1, c: 2 },
];

const schema = fc.oneof(numeric("integer"), numeric("number"), texts, lists, objects, maps);

/** A schema, and the same with one keyword as another of its type has it: no second change stands before the first. */
const ofOneKeyword = fc
  .oneof(...[numeric("integer"), numeric("number"), texts, lists, objects, maps].map((each) => fc.tuple(each, each)))
  .chain(([one, other]) =>
    fc.tuple(fc.constantFrom(...Object.keys(other)), fc.boolean()).map(([key, isGone]) => {
      const another = { ...one, [key]: other[key] };
      return isGone ? { old: another, next: one } : { old: one, next: another };
    }),
  );

const change = fc.oneof({ weight: 9, arbitrary: ofOneKeyword }, fc.record({ old: schema, next: schema }));

interface Place {
  readonly schemaAt: (node: Schema) => Schema;
  readonly valueAt: (value: unknown) => unknown;
}

/** Where the node stands. */
const place = fc.constantFrom<Place>(
  { schemaAt: (node) => node, valueAt: (value) => value },
  { schemaAt: (node) => ({ type: "object", properties: { f: node } }), valueAt: (value) => ({ f: value }) },
  { schemaAt: (node) => ({ type: "array", items: node }), valueAt: (value) => [value] },
  { schemaAt: (node) => ({ type: "object", additionalProperties: node }), valueAt: (value) => ({ key: value }) },
);

/**
 * As JSON Schema has it: OpenAPI's nullable, boolean exclusive bounds and int-or-string are written in another way there.
 * What the API server prunes is invalid here, so that a field that gets lost counts as well.
 */
function toJsonSchema({ nullable, exclusiveMinimum, exclusiveMaximum, properties, items, ...rest }: Schema): object {
  const { additionalProperties, ...own } = rest;
  const prunes = own.type === "object" && own["x-kubernetes-preserve-unknown-fields"] !== true;
  const plain = {
    ...own,
    ...(own["x-kubernetes-int-or-string"] === true && { type: ["integer", "string"] }),
    ...(exclusiveMinimum === true && own["minimum"] !== undefined && { exclusiveMinimum: own["minimum"] }),
    ...(exclusiveMaximum === true && own["maximum"] !== undefined && { exclusiveMaximum: own["maximum"] }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, toJsonSchema(each)])),
    }),
    ...(items && { items: toJsonSchema(items) }),
    ...(prunes && { additionalProperties: false }),
    ...(typeof additionalProperties === "object" && { additionalProperties: toJsonSchema(additionalProperties) }),
  };
  return nullable === true ? { anyOf: [{ type: "null" }, plain] } : plain;
}

const ajv = new Ajv({ strict: false, validateSchema: false, addUsedSchema: false, code: { optimize: false } });
const withSpec = (spec: Schema): Definition =>
  manifest(version("v1 storage", { type: "object", properties: { spec } }));

test("what a schema took and the edited one refuses or prunes is never without a finding (Ajv is the judge)", () => {
  let refused = 0;
  fc.assert(
    fc.property(change, place, ({ old, next }, { schemaAt, valueAt }) => {
      const [before, after] = [old, next].map((node) => ajv.compile(toJsonSchema(schemaAt(node))));
      const lost = VALUES.map(valueAt).filter((value) => before!(value) === true && after!(value) !== true);
      if (lost.length === 0) return;
      refused += 1;
      const findings = compareDefinitions(withSpec(schemaAt(old)), withSpec(schemaAt(next)));
      // The one narrowing that is a warning: nothing says that an object has such a field.
      const isToldOf = findings.some(
        ({ severity, check }) => severity === "error" || check === "unknown-field-described",
      );
      expect(isToldOf ? [] : lost).toEqual([]);
    }),
    { numRuns: Number(process.env["FC_RUNS"] ?? 1500) },
  );
  expect(refused).toBeGreaterThan(250); // else the property says nothing
});

test("a CRD against itself is without a finding, whatever order its keys are in and whatever its texts say", () => {
  const reversed = (from: unknown): unknown => {
    if (Array.isArray(from)) return from.map(reversed);
    if (typeof from !== "object" || from === null) return from;
    return Object.fromEntries(
      Object.entries(from)
        .reverse()
        .map(([key, each]) => [key, reversed(each)]),
    );
  };
  fc.assert(
    fc.property(schema, fc.string(), (spec, description) => {
      expect(compareDefinitions(withSpec(spec), withSpec(reversed({ ...spec, description }) as Schema))).toEqual([]);
    }),
  );
});

test("a keyword that no check knows is found wherever it is added", () => {
  fc.assert(
    fc.property(schema, place, (node, { schemaAt }) => {
      const future = { ...node, "x-kubernetes-future": true };
      const found = compareDefinitions(withSpec(schemaAt(node)), withSpec(schemaAt(future)));
      expect(found.map(({ check }) => check)).toEqual(["unhandled"]);
    }),
  );
});
