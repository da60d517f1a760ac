import { prunedFieldsWithSchema } from "../../../components/compatibility/prunedFields";
import type { Schema } from "../../../components/crd/definition";
import { countFieldUses } from "../../../components/rollback/usedFields";
import { object, objectSchema } from "./seen";

const text: Schema = { type: "string" };
const anything: Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const root = (spec: Schema): Schema => objectSchema({ spec });
const spec = (properties: Record<string, Schema>, more: Schema = {}): Schema => root(objectSchema(properties, more));
const list = (items: Schema): Schema => ({ type: "array", items });
const map = (additionalProperties: Schema | boolean): Schema => ({ type: "object", additionalProperties });

/** The places that `to` does not hold, each with how many of these specs have something there. */
function uses(from: Schema, to: Schema, ...specs: object[]): Record<string, number> {
  const lost = prunedFieldsWithSchema(from, to);
  const objects = specs.map((each, index) => object(`o-${index}`, each));
  const counts = countFieldUses(lost, objects, to);
  return Object.fromEntries(lost.map(({ path }, index) => [path, counts[index] ?? -1]));
}

test.each<[string, Schema, Schema, object[], Record<string, number>]>([
  [
    "a field that is missing: counted where it is set, not where it is null or an empty list",
    spec({ host: text, tier: text, tags: list(text) }),
    spec({ host: text }),
    [{ host: "a" }, { tier: "gold" }, { tier: null, tags: [] }, { tier: "", tags: ["x"] }],
    { ".spec.tier": 2, ".spec.tags": 1 },
  ],
  [
    "a field of list items: an object counts once, however many of its items have it",
    spec({ hosts: list(objectSchema({ name: text, port: text })) }),
    spec({ hosts: list(objectSchema({ name: text })) }),
    [{ hosts: [{ name: "a" }] }, { hosts: [{ name: "a" }, { port: "1" }, { port: "2" }] }],
    { ".spec.hosts[].port": 1 },
  ],
  [
    "a field of a map's values, under keys that have dots",
    spec({ pools: map(objectSchema({ size: text, zone: text })) }),
    spec({ pools: map(objectSchema({ size: text })) }),
    [{ pools: { "a.b/c": { size: "1", zone: "x" } } }, { pools: { a: { size: "1" } } }],
    { ".spec.pools.*.zone": 1 },
  ],
  [
    "free keys that the other schema does not take",
    spec({ labels: map(text) }),
    spec({ labels: objectSchema({}) }),
    [{ labels: { "example.com/a": "b" } }, { labels: {} }],
    { ".spec.labels.*": 1 },
  ],
  [
    "unknown fields: those that the other schema describes are kept",
    spec({ config: anything }),
    spec({ config: objectSchema({ known: text }) }),
    [{ config: { known: "a" } }, { config: { known: "a", other: "b" } }],
    { ".spec.config": 1 },
  ],
  [
    "another type: every value that is there",
    spec({ port: text, host: text }),
    spec({ port: { type: "integer" }, host: text }),
    [{ port: "5432" }, { host: "a" }],
    { ".spec.port": 1 },
  ],
  [
    "a name that begins as another one is another one",
    spec({ tier: text, tierName: text }),
    spec({}),
    [{ tierName: "a" }],
    { ".spec.tier": 0, ".spec.tierName": 1 },
  ],
])("%s", (_, from, to, specs, expected) => {
  expect(uses(from, to, ...specs)).toEqual(expected);
});
