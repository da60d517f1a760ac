import {
  DefinitionError,
  type Conversion,
  defineConversion,
  type Move,
  type Moves,
  type SchemaNode,
} from "../../../components/conversion";
import { databases, widgets } from "./examples";

const text = { type: "string" } as const;
const object = (properties: Record<string, SchemaNode>): SchemaNode => ({ type: "object", properties });

/** Schemas known only at run time: what the types cannot see, the definition does. */
function define(v1: SchemaNode, v2: SchemaNode, moves: (m: Moves<SchemaNode, SchemaNode>) => Move[]): () => unknown {
  return () =>
    defineConversion({
      group: "example.com",
      kind: "Widget",
      versions: { v1, v2 },
      steps: (step) => [step("v1", "v2", moves)],
    });
}

test("every field that differs and is not named is listed", () => {
  const v1 = object({
    spec: object({
      gone: text,
      was: object({ deep: text }),
      size: { type: "integer", maximum: 10 },
      list: { type: "array", items: object({ a: text }) },
      same: text,
    }),
  });
  const v2 = object({
    spec: object({
      come: text,
      size: { type: "integer", maximum: 5 },
      list: { type: "array", items: object({ b: text }) },
      same: { ...text, description: "texts say nothing" },
    }),
  });
  expect(define(v1, v2, () => [])).toThrow(
    new DefinitionError(
      [
        "the conversion of Widget (example.com):",
        "v1→v2: spec.gone is in v1 only: say removed(), rename() or map()",
        "v1→v2: spec.was is in v1 only: say removed(), rename() or map()",
        "v1→v2: spec.size differs (maximum: 10 → 5): say map(), keep() or custom()",
        "v1→v2: spec.list differs in what is in it: say each(), wrap() or custom()",
        "v1→v2: spec.come is in v2 only: say added(), rename() or map()",
      ].join("\n  "),
    ),
  );
});

test.each<[string, SchemaNode, SchemaNode, (m: Moves<SchemaNode, SchemaNode>) => Move[], RegExp]>([
  [
    "a name with a dot in it, beside a path that reads the same",
    object({ "a.b": text, a: object({ b: text }) }),
    object({ "a.b": { type: "integer" }, a: object({ b: { type: "integer" } }) }),
    (m) => [m.map("a.b", "a.b", { up: Number, down: String })],
    /v1→v2: a\.b differs, and no path can name "a\.b": move the object around it by custom\(\)/,
  ],
  [
    "within each",
    object({ l: { type: "array", items: object({ a: text, b: text }) } }),
    object({ l: { type: "array", items: object({ a: text }) } }),
    (m) => [m.each("l", () => [])],
    /l\[\]\.b is in v1 only/,
  ],
  [
    "within an object of which only a part is named",
    object({ a: object({ x: text, y: text }) }),
    object({ x: text }),
    (m) => [m.rename("a.x", "x")],
    /a\.y is in v1 only/,
  ],
  [
    "a name taken over by another field",
    object({ a: text }),
    object({ a: text, b: text }),
    (m) => [m.rename("a", "b")],
    /: a is in v2 only/,
  ],
  [
    "an enum that grew",
    object({ a: { ...text, enum: ["x"] } }),
    object({ a: { ...text, enum: ["x", "y"] } }),
    () => [],
    /a differs \(enum: \["x"\] → \["x","y"\]\)/,
  ],
  [
    "a map's values",
    object({ a: { type: "object", additionalProperties: text } }),
    object({ a: { type: "object", additionalProperties: { type: "integer" } } }),
    () => [],
    /a differs in what is in it/,
  ],
  [
    "unknown fields no longer kept",
    object({ a: { type: "object", "x-kubernetes-preserve-unknown-fields": true } }),
    object({ a: { type: "object" } }),
    () => [],
    /a differs \(x-kubernetes-preserve/,
  ],
])("%s, not named => refused", (_, v1, v2, moves, message) => {
  expect(define(v1, v2, moves)).toThrow(message);
});

const a = object({ spec: object({ a: text, b: text }) });
const b = object({ spec: object({ a: text, c: text }) });

test.each<[string, (m: Moves<SchemaNode, SchemaNode>) => Move[], RegExp]>([
  [
    "an unknown path",
    (m) => [m.rename("spec.x", "spec.c")],
    /rename: spec\.x is not in the schema of v1; spec has a, b/,
  ],
  ["metadata", (m) => [m.removed("metadata.labels")], /metadata\.labels is Kubernetes' own/],
  ["a prototype", (m) => [m.removed("spec.__proto__.x")], /__proto__ is no name of a field/],
  ["a path named twice", (m) => [m.rename("spec.b", "spec.c"), m.removed("spec.b")], /spec\.b is named twice \(v1\)/],
  ["a path within another", (m) => [m.removed("spec.b"), m.removed("spec")], /spec holds spec\.b, which is named too/],
  ["each of no list", (m) => [m.each("spec.a", () => [])], /spec\.a is neither a list nor a map in v1/],
  ["wrap into no list", (m) => [m.wrap("spec.a")], /spec\.a is no list in v2/],
])("%s => refused", (_, moves, message) => {
  expect(define(a, b, moves)).toThrow(message);
});

test("a step that is missing, doubled or none of the chain => refused", () => {
  const versions = { v1: a, v2: a, v3: a };
  const define = (...pairs: ["v1" | "v2" | "v3", "v1" | "v2" | "v3"][]) =>
    expect(() =>
      defineConversion({
        group: "g",
        kind: "K",
        versions,
        steps: (step) => pairs.map(([from, to]) => step(from, to, () => [])),
      }),
    );
  define(["v1", "v2"]).toThrow(/v2→v3: found 0 steps; expected one: step\("v2", "v3"/);
  define(["v1", "v2"], ["v2", "v3"], ["v1", "v3"]).toThrow(/v1→v3 is no step from one version to the next/);
  define(["v1", "v2"], ["v1", "v2"], ["v2", "v3"]).toThrow(/v1→v2: found 2 steps/);
});

test("nothing moves => identity, for which strategy None will do", () => {
  const same = defineConversion({
    group: "g",
    kind: "K",
    versions: { v1: a, v2: a },
    steps: (step) => [step("v1", "v2", () => [])],
  });
  expect([same.isIdentity, databases.isIdentity, widgets.isIdentity]).toEqual([true, false, false]);
});

test("fields that are called as every object's own are fields", () => {
  const moves = (m: Moves<SchemaNode, SchemaNode>): Move[] => [
    m.added("spec.toString"),
    m.rename("spec.valueOf", "spec.v"),
  ];
  const before = object({ spec: object({ valueOf: text }) });
  const after = object({ spec: object({ toString: text, v: text }) });
  expect(define(before, after, () => [])).toThrow(/spec\.valueOf is in v1 only[^]*spec\.toString is in v2 only/);
  const conversion = define(before, after, moves)() as Conversion;
  const partial = { apiVersion: "example.com/v1", kind: "Widget", metadata: {}, spec: {} };
  expect(conversion.convert(partial, "v2")).toEqual({ ...partial, apiVersion: "example.com/v2" });
  const back = { ...partial, apiVersion: "example.com/v2" };
  expect(conversion.convert(back, "v1")).toEqual(partial);
});
