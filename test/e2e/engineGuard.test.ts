import type { Definition } from "../../components/crd/definition";
import { parseJson } from "../../components/kubernetes/json";
import { conversionGuard } from "../../components/migration/rehearsal/conversionGuard";
import { rewriteAllObjects, type RewriteResult } from "../../components/migration/rewrite/rewriteAllObjects";
import { type Bench, group, objectOf, objectsOf, pluralOf, startBench } from "./engine";

jest.setTimeout(240_000);

let bench: Bench;
beforeAll(async () => {
  bench = await startBench("engine-guard", { controllerManager: false });
});
afterAll(() => bench.end());

/** Storage moves to v2, and every object is rewritten by requests that name what they must find. */
function rewrite(kind: string, definition: Definition): Promise<RewriteResult> {
  const guard = conversionGuard(bench.cluster, { definition, from: "v1", to: "v2" }, bench.work);
  return rewriteAllObjects(bench.cluster, { group, plural: pluralOf(kind), version: "v2" }, bench.work, { guard });
}

test("values that Go and JavaScript write differently are found to be the same", async () => {
  const kind = "Exotic";
  await bench.define(kind, { storage: "v1" });
  const numbers = parseJson("[9007199254740993, 1e21, 1e-7, 0.1, 1.0, 100, -5, 123456789012345680000]");
  const texts = [
    "<a href='x'>&amp;</a>",
    "\u2028\u2029",
    'quote " \\ /',
    "tab\t line\n return\r",
    "\b\f\u0001\u007f",
    "ü 😀 \ufffd",
    "",
  ];
  const spec = {
    numbers,
    texts,
    on: true,
    off: false,
    none: null,
    empty: {},
    list: [],
    "a/b~c": { "": { "0": "zero" } },
  };
  const object = objectOf(kind, "v1", "exotic", spec) as { metadata: object };
  const metadata = { ...object.metadata, labels: { "example.com/a": "b" }, annotations: { "x/y": "<&>", z: "" } };
  const path = `/apis/${group}/v1/namespaces/default/${pluralOf(kind)}`;
  await bench.cluster.call({ method: "POST", path, body: { ...object, metadata } }); // integers beyond 2^53 stay numbers
  const definition = await bench.define(kind, { storage: "v2" });
  expect(await rewrite(kind, definition)).toMatchObject({ failed: [], visited: 1, rewritten: 1 });
  expect(await bench.stored(pluralOf(kind))).toEqual({ "default/exotic": `${group}/v2` });
});

test("what the API server would prune is refused in the request that would have lost it", async () => {
  const kind = "Prune";
  const text = { type: "string" };
  const schemaOf = (properties: object) => ({ type: "object", properties: { spec: { type: "object", properties } } });
  const both = schemaOf({ host: text, note: text }) as never;
  await bench.define(kind, { storage: "v1", schema: { v1: both, v2: both } });
  await bench.create(pluralOf(kind), "v1", [
    objectOf(kind, "v1", "with-note", { host: "h", note: "n" }),
    objectOf(kind, "v1", "without", { host: "h" }),
  ]);
  const definition = await bench.define(kind, {
    storage: "v2",
    schema: { v1: both, v2: schemaOf({ host: text }) as never },
  });
  expect((await rewrite(kind, definition)).failed).toEqual([
    {
      name: "default/with-note",
      message: expect.stringMatching(/^not rewritten: .*lose \.spec\.note/) as string,
    },
  ]);
  expect(await bench.stored(pluralOf(kind))).toEqual({
    "default/with-note": `${group}/v1`,
    "default/without": `${group}/v2`,
  });
});

test("an object of more values than one patch may test is rewritten", async () => {
  const kind = "Huge";
  await bench.define(kind, { storage: "v1" });
  await bench.create(pluralOf(kind), "v1", objectsOf(kind, "v1", 1, { list: Array.from({ length: 10_500 }, () => 1) }));
  const definition = await bench.define(kind, { storage: "v2" });
  expect(await rewrite(kind, definition)).toMatchObject({ failed: [], rewritten: 1 });
});
