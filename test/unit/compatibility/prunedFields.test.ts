import type { Schema } from "../../../components/crd/definition";
import { prunedFields } from "../../../components/compatibility/prunedFields";

const text: Schema = { type: "string" };
const anything: Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: "object",
  properties,
  ...more,
});
const list = (items: Schema): Schema => ({ type: "array", items });
const map = (additionalProperties: Schema | boolean): Schema => ({ type: "object", additionalProperties });
const below = (field: Schema): Schema => object({ field });

test("equal schemas lose nothing", () => {
  const schema = object({ spec: object({ host: text, ports: list(object({ port: text })), labels: map(text) }) });
  expect(prunedFields(schema, schema)).toEqual([]);
});

test("a field more in the target loses nothing", () => {
  expect(prunedFields(object({ a: text }), object({ a: text, b: text }))).toEqual([]);
});

test("a missing field is named with its path, however deep, in alphabetical order", () => {
  const from = object({ spec: object({ z: text, db: object({ host: text, port: text }) }) });
  const to = object({ spec: object({ db: object({ host: text }) }) });
  expect(prunedFields(from, to)).toEqual([".spec.db.port", ".spec.z"]);
});

test("a missing object is named once, not field by field", () => {
  expect(prunedFields(object({ db: object({ host: text, port: text }) }), object({}))).toEqual([".db"]);
});

test("apiVersion, kind and metadata at the root are never lost", () => {
  expect(prunedFields(object({ apiVersion: text, kind: text, metadata: object({}) }), object({}))).toEqual([]);
});

test("a field named metadata below the root is a field like any other", () => {
  expect(prunedFields(object({ spec: object({ metadata: text }) }), object({ spec: object({}) }))).toEqual([
    ".spec.metadata",
  ]);
});

test("a missing field of a list's objects is named with []", () => {
  const from = below(list(object({ a: text, b: text })));
  expect(prunedFields(from, below(list(object({ a: text }))))).toEqual([".field[].b"]);
});

test("a missing field of a map's values is named with .*", () => {
  const from = below(map(object({ a: text, b: text })));
  expect(prunedFields(from, below(map(object({ a: text }))))).toEqual([".field.*.b"]);
});

test("free keys against an object with fixed fields are lost", () => {
  expect(prunedFields(below(map(text)), below(object({ a: text })))).toEqual([".field.* (free keys)"]);
});

test("fixed fields against a map of free keys are kept", () => {
  expect(prunedFields(below(object({ a: text })), below(map(text)))).toEqual([]);
});

test("additionalProperties: true takes anything", () => {
  expect(prunedFields(below(object({ a: object({ b: text }) })), below(map(true)))).toEqual([]);
});

test("additionalProperties: false takes nothing", () => {
  expect(prunedFields(below(map(text)), below(map(false)))).toEqual([".field.* (free keys)"]);
});

test("unknown fields kept by the source only are lost", () => {
  expect(prunedFields(below(anything), below(object({ a: text })))).toEqual([".field* (unknown fields)"]);
});

test("unknown fields kept by the target take everything", () => {
  const from = below(object({ a: object({ b: list(text) }), c: map(text) }));
  expect(prunedFields(from, below(anything))).toEqual([]);
});

test("unknown fields kept on both sides lose nothing", () => {
  expect(prunedFields(below(anything), below(anything))).toEqual([]);
});

test("unknown fields kept on both sides, whose values the target describes, are lost as far as it prunes those", () => {
  const described = { ...anything, additionalProperties: object({ a: text }) };
  expect(prunedFields(below(anything), below(described))).toEqual([".field.** (unknown fields)"]);
  expect(prunedFields(below(described), below(described))).toEqual([]);
  expect(prunedFields(below(anything), below({ ...anything, additionalProperties: text }))).toEqual([]);
});

test("unknown fields kept at the root of the source only are lost", () => {
  expect(prunedFields(anything, object({}))).toEqual([".* (unknown fields)"]);
});

test("what is unknown to the source and described by the target is pruned there, at any depth; scalars never are", () => {
  const keeps = { "x-kubernetes-preserve-unknown-fields": true };
  const to = object(
    {
      metadata: { type: "object" },
      mode: text,
      spec: object({ a: text }),
      deep: object({ spec: object({ a: text }), any: anything }, keeps),
      list: list(object({ a: text })),
      map: map(object({ a: text })),
      names: list(text),
      empty: { type: "object" },
    },
    keeps,
  );
  const unknown = [".deep.spec", ".empty", ".list[]", ".map.*", ".spec"].map((path) => `${path}* (unknown fields)`);
  expect(prunedFields(anything, to)).toEqual(unknown);
  expect(prunedFields(to, to)).toEqual([]);
});

test("what a target that keeps unknown fields does describe can still lose something", () => {
  const to = object({ known: object({ a: text }) }, { "x-kubernetes-preserve-unknown-fields": true });
  expect(prunedFields(object({ known: object({ a: text, b: text }), other: text }), to)).toEqual([".known.b"]);
});

test.each<[string, Schema, Schema]>([
  ["int-or-string on both sides", { "x-kubernetes-int-or-string": true }, { "x-kubernetes-int-or-string": true }],
  ["string → int-or-string", text, { "x-kubernetes-int-or-string": true }],
  ["integer → number", { type: "integer" }, { type: "number" }],
])("%s loses nothing", (_what, from, to) => {
  expect(prunedFields(below(from), below(to))).toEqual([]);
});

test.each<[string, Schema, Schema]>([
  ["string → integer", text, { type: "integer" }],
  ["number → integer", { type: "number" }, { type: "integer" }],
  ["object → array", object({ a: text }), list(text)],
])("a changed type, %s, is named with both types", (change, from, to) => {
  expect(prunedFields(below(from), below(to))).toEqual([`.field (${change})`]);
});

test("a changed type inside a list or a map is named too", () => {
  const from = object({ list: list(text), map: map(text) });
  const to = object({ list: list({ type: "integer" }), map: map({ type: "integer" }) });
  expect(prunedFields(from, to)).toEqual([".list[] (string → integer)", ".map.* (string → integer)"]);
});

test("an embedded resource keeps apiVersion, kind and metadata whatever its schema names", () => {
  const embedded = (properties: Record<string, Schema>) =>
    object(properties, { "x-kubernetes-embedded-resource": true });
  const from = below(embedded({ apiVersion: text, kind: text, metadata: object({}), spec: object({ a: text }) }));
  expect(prunedFields(from, below(embedded({ spec: object({}) })))).toEqual([".field.spec.a"]);
});

test("an embedded resource that becomes an ordinary object loses apiVersion, kind and metadata", () => {
  const from = below(object({ spec: text }, { "x-kubernetes-embedded-resource": true }));
  expect(prunedFields(from, below(object({ spec: text })))).toEqual([
    ".field.apiVersion",
    ".field.kind",
    ".field.metadata",
  ]);
});

test("no schema against a schema loses nothing, a schema against none loses its fields", () => {
  expect(prunedFields(undefined, object({ a: text }))).toEqual([]);
  expect(prunedFields(object({ a: text }), undefined)).toEqual([".a"]);
});
