import * as fc from "fast-check";
import type { Schema } from "../../../components/crd/definition";
import type { KubernetesObject } from "../../../components/kubernetes/api";
import { compareObjects } from "../../../components/migration/rehearsal/compare";

const none = { lost: [], changed: [], added: [], empty: [], emptied: [] };
const object = (spec: unknown, metadata: object = {}): KubernetesObject => ({
  apiVersion: "g/v1",
  metadata: { name: "x", ...metadata },
  spec,
});
const compare = (first: unknown, second: unknown, schema?: Schema) =>
  compareObjects(object(first), object(second), schema && { type: "object", properties: { spec: schema } });

describe("without a schema", () => {
  test.each<[string, unknown, unknown, object]>([
    ["equal", { a: 1, b: [{ c: "x" }] }, { b: [{ c: "x" }], a: 1 }, {}],
    ["a lost leaf", { a: { b: 1 } }, { a: {} }, { lost: [".spec.a.b"] }],
    ["a lost branch is one path", { a: { b: 1, c: 2 } }, {}, { lost: [".spec.a"] }],
    ["a shorter list", { a: [1, 2] }, { a: [1] }, { lost: [".spec.a[1]"] }],
    ["another value", { a: [{ b: 1 }] }, { a: [{ b: 2 }] }, { changed: [".spec.a[0].b"] }],
    ["another type", { a: { b: 1 } }, { a: "b" }, { changed: [".spec.a"] }],
    ["an added leaf", {}, { a: { b: "x" } }, { added: [".spec.a.b"] }],
    ["null is as good as absent", { a: null }, { b: null }, {}],
    ["a value in the place of null", { a: null }, { a: 5 }, { changed: [".spec.a"] }],
    [
      "in the place of null, what Go has where nothing was set",
      { a: null, b: null },
      { a: 0, b: [] },
      { empty: [".spec.a"] },
    ],
    ["an empty container only the second has", {}, { a: {}, b: [] }, {}],
    ["an empty container that is lost", { a: {}, b: [] }, {}, { emptied: [".spec.a", ".spec.b"] }],
    ["zero values that nobody set", {}, { a: "", b: 0, c: false }, { empty: [".spec.a", ".spec.b", ".spec.c"] }],
    ["keys that are JavaScript's own", { constructor: "x" }, { constructor: "x" }, {}],
    ["a lost key that is JavaScript's own", { toString: "x" }, {}, { lost: [".spec.toString"] }],
  ])("%s", (_, first, second, expected) => {
    expect(compare(first, second)).toEqual({ ...none, ...expected });
  });

  test("a top-level field whose name is JavaScript's own is lost, or added, like any other", () => {
    const [without, within] = [object({}), { ...object({}), constructor: "x" }];
    expect(compareObjects(within, without)).toEqual({ ...none, lost: [".constructor"] });
    expect(compareObjects(without, within)).toEqual({ ...none, added: [".constructor"] });
  });
});

describe("with the second's schema", () => {
  const schema = {
    type: "object",
    properties: {
      mode: { type: "string", default: "fast" },
      list: { type: "array", items: { type: "object", properties: { n: {} } } },
    },
  };

  test("a value the API server would default is not lost", () => {
    expect(compare({ mode: "fast" }, {}, schema)).toEqual(none);
  });

  test("another one is: the default would take its place", () => {
    expect(compare({ mode: "slow" }, {}, schema)).toEqual({ ...none, changed: [".spec.mode"] });
  });

  test("of null, where it is allowed, it takes no place; where null is left out, it does", () => {
    const nullable = { type: "object", properties: { retries: { type: "integer", nullable: true, default: 5 } } };
    expect(compare({ retries: null }, { retries: null }, nullable)).toEqual(none);
    expect(compare({ retries: null }, {}, nullable)).toEqual({ ...none, changed: [".spec.retries"] });
  });

  test("nor of a null does one that is as good as unset; an empty map that a default would fill is emptied; one that is pruned is not", () => {
    const unset = { type: "object", properties: { on: { type: "boolean", nullable: true, default: false } } };
    expect(compare({ on: null }, {}, unset)).toEqual({ ...none, changed: [".spec.on"] });
    const filled = {
      type: "object",
      properties: { dir: { type: "object", properties: { a: {} }, default: { a: 1 } } },
    };
    expect(compare({ dir: {} }, {}, filled).emptied).toEqual([".spec.dir"]);
    expect(compare({ gone: {} }, {}, filled).emptied).toEqual([]);
  });

  test("what it would prune is neither kept nor added", () => {
    expect(compare({}, { unknown: 1, list: [{ n: 1, m: 2 }] }, schema)).toEqual({
      ...none,
      added: [".spec.list[0].n"],
    });
    expect(compare({ gone: 1 }, { gone: 1 }, schema)).toEqual({ ...none, lost: [".spec.gone"] });
  });

  test("below a node that keeps unknown fields all is kept", () => {
    const keeps = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    expect(compare({ a: { b: [1] } }, { a: { b: [1] } }, keeps)).toEqual(none);
    const values = { type: "object", additionalProperties: { type: "string" } };
    expect(compare({ a: "1" }, { a: "1" }, values)).toEqual(none);
  });

  test("an embedded resource keeps its apiVersion, kind and metadata", () => {
    const embedded = { type: "object", "x-kubernetes-embedded-resource": true, properties: { spec: {} } };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" } };
    expect(compare(pod, pod, embedded)).toEqual(none);
  });
});

describe("metadata", () => {
  test("a lost label or annotation counts, an added one does not", () => {
    const first = object({}, { labels: { a: "1" }, annotations: { b: "1" } });
    const second = object({}, { labels: {}, annotations: { b: "2", stash: "x" } });
    expect(compareObjects(first, second)).toEqual({
      ...none,
      lost: [".metadata.labels.a"],
      changed: [".metadata.annotations.b"],
    });
  });

  test("nothing else in it does", () => {
    const first = object({}, { resourceVersion: "1", managedFields: [{}] });
    expect(compareObjects(first, object({}, { resourceVersion: "2" }))).toEqual(none);
  });
});

test("an object is equal to itself", () => {
  fc.assert(fc.property(fc.object(), (spec) => expect(compare(spec, spec)).toEqual(none)));
});

test("whatever one leaf is taken away, it is noticed", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.integer({ min: 1 }), { minKeys: 1 }), (spec) => {
      const [name = ""] = Object.keys(spec);
      const { [name]: _, ...rest } = spec;
      expect(compare(spec, rest).lost).toEqual([`.spec.${name}`]);
    }),
  );
});
