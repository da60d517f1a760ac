import Ajv from "ajv";
import fc from "fast-check";
import { compareDefinitions } from "../../../components/compatibility/compareDefinitions";
import type { Definition, Schema } from "../../../components/crd/definition";
import { manifest, version } from "../fixtures";

/** Few names, numbers and texts, so that schemas and values meet often. */
const name = fc.constantFrom("a", "b", "c");
const small = fc.integer({ min: -3, max: 6 });
const count = fc.integer({ min: 0, max: 3 });
const word = fc.constantFrom("", "a", "ab", "abc", "b");

const maybe = (arbitraries: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Schema> =>
  fc.record(arbitraries, { requiredKeys: [] });

const numeric = (type: string): fc.Arbitrary<Schema> =>
  maybe({
    minimum: small,
    maximum: small,
    exclusiveMinimum: fc.boolean(),
    exclusiveMaximum: fc.boolean(),
    multipleOf: fc.constantFrom(1, 2, 3, 4),
    enum: fc.uniqueArray(small, { minLength: 1, maxLength: 4 }),
    anyOf: fc.array(maybe({ minimum: small, maximum: small }), { minLength: 1, maxLength: 2 }),
    oneOf: fc.array(maybe({ minimum: small, maximum: small }), { minLength: 1, maxLength: 2 }),
    allOf: fc.array(maybe({ minimum: small, maximum: small }), { minLength: 1, maxLength: 2 }),
    not: maybe({ minimum: small }),
    nullable: fc.boolean(),
  }).map((keywords) => ({ ...keywords, type }));

const texts = maybe({
  minLength: count,
  maxLength: count,
  pattern: fc.constantFrom("^a", "b$"),
  enum: fc.uniqueArray(word, { minLength: 1, maxLength: 4 }),
  nullable: fc.boolean(),
}).map((keywords) => ({ ...keywords, type: "string" }));

const either = fc.constant<Schema>({ "x-kubernetes-int-or-string": true });

const schema = fc.letrec<{ node: Schema }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 2 },
    fc.oneof(numeric("integer"), numeric("number"), texts, either, fc.constant<Schema>({ type: "boolean" })),
    fc
      .record({
        items: tie("node"),
        bounds: maybe({ minItems: count, maxItems: count, nullable: fc.boolean() }),
      })
      .map(({ items, bounds }) => ({ ...bounds, type: "array", items })),
    fc
      .record({
        properties: fc.dictionary(name, tie("node"), { maxKeys: 3 }),
        bounds: maybe({ minProperties: count, maxProperties: count, required: fc.uniqueArray(name, { maxLength: 2 }) }),
        keeps: fc.boolean(),
      })
      .map(({ properties, bounds, keeps }) => ({
        ...bounds,
        type: "object",
        properties,
        ...(keeps && { "x-kubernetes-preserve-unknown-fields": true }),
      })),
    fc
      .record({ values: tie("node"), bounds: maybe({ minProperties: count, maxProperties: count }) })
      .map(({ values, bounds }) => ({ ...bounds, type: "object", additionalProperties: values })),
  ),
})).node;

const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(small, word, fc.constant(null), fc.boolean(), fc.constant(1.5)),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(name, tie("any"), { maxKeys: 3 }),
  ),
})).any;

/** The other schema: edited in a few keywords of one node, or made anew. */
function edited(old: Schema, next: Schema, steps: number[]): Schema {
  const [step, ...rest] = steps;
  if (step === undefined) return next.type === old.type ? { ...old, ...next } : next;
  const fields = Object.keys(old.properties ?? {});
  const field = fields[step % Math.max(fields.length, 1)];
  const child = field === undefined ? undefined : old.properties?.[field];
  if (field !== undefined && child !== undefined) {
    return { ...old, properties: { ...old.properties, [field]: edited(child, next, rest) } };
  }
  return old.items === undefined ? edited(old, next, []) : { ...old, items: edited(old.items, next, rest) };
}

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

const ajv = new Ajv({ strict: false, validateSchema: false });
const withSpec = (spec: Schema): Definition =>
  manifest(version("v1 storage", { type: "object", properties: { spec } }));

test("what a schema took and the edited one refuses or prunes is never without a finding (Ajv is the judge)", () => {
  let refused = 0;
  fc.assert(
    fc.property(
      schema,
      schema,
      fc.array(fc.nat(2), { maxLength: 2 }),
      fc.array(value, { minLength: 20, maxLength: 30 }),
      (old, other, steps, values) => {
        const next = edited(old, other, steps);
        const [before, after] = [old, next].map((each) => ajv.compile(toJsonSchema(each)));
        const lost = values.filter((each) => before!(each) === true && after!(each) !== true);
        if (lost.length === 0) return;
        refused += 1;
        const findings = compareDefinitions(withSpec(old), withSpec(next));
        // The one narrowing that is a warning: nothing says that an object has such a field.
        const isToldOf = findings.some(
          ({ severity, check }) => severity === "error" || check === "unknown-field-described",
        );
        expect(isToldOf ? [] : lost).toEqual([]);
      },
    ),
    { numRuns: Number(process.env["FC_RUNS"] ?? 1000) },
  );
  expect(refused).toBeGreaterThan(100); // else the property says nothing
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
    fc.property(schema, fc.array(fc.nat(2), { maxLength: 3 }), (old, steps) => {
      const add = (node: Schema, [step, ...rest]: number[]): Schema => {
        const [key, child] = Object.entries(node.properties ?? {})[step ?? 99] ?? [];
        if (key === undefined || child === undefined) return { ...node, "x-kubernetes-future": true };
        return { ...node, properties: { ...node.properties, [key]: add(child, rest) } };
      };
      const found = compareDefinitions(withSpec(old), withSpec(add(old, steps)));
      expect(found.map(({ check }) => check)).toEqual(["unhandled"]);
    }),
  );
});
