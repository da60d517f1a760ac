import { compareDefinitions } from "../../../components/compatibility/compareDefinitions";
import type { Definition, Schema } from "../../../components/crd/definition";
import { manifest, version } from "../fixtures";

/** `fields` groups of ten fields each; every schema of them is its own object. */
function wide(fields: number, field: () => Schema): Schema {
  const group = (): Schema => ({
    type: "object",
    properties: Object.fromEntries([...Array(10).keys()].map((index) => [`field${index}`, field()])),
  });
  const properties = Object.fromEntries([...Array(fields).keys()].map((index) => [`group${index}`, group()]));
  return { type: "object", properties: { spec: { type: "object", properties } } };
}

const versions = (field: () => Schema): Definition =>
  manifest(
    ...[...Array(40).keys()].map((index) => version(index === 0 ? "v1 storage" : `v${index + 1}`, wide(20, field))),
  );

test("40 versions of 600 kB together, each with 200 fields that changed, give 8000 findings", () => {
  const old = versions(() => ({ type: "string", description: "What it is, in so many words.", maxLength: 10 }));
  expect(JSON.stringify(old).length).toBeGreaterThan(600_000);
  const next = versions(() => ({ type: "string", description: "Something else.", maxLength: 9 }));
  const found = compareDefinitions(old, next);
  expect(found).toHaveLength(8_000);
  expect(found[0]).toMatchObject({ path: "v1.spec.group0.field0", check: "max-length-lowered" });
});

test("40 versions that each have a field of their own, with conversion None, name each field once a version", () => {
  const own = (count: number): Definition =>
    manifest(
      ...[...Array(count).keys()].map((index) => {
        const each = wide(20, () => ({
          type: "string",
          description: `What version ${index} says of it, at some length.`,
        }));
        each.properties!["spec"]!.properties![`own${index}`] = { type: "string" };
        return version(index === 0 ? "v1 storage" : `v${index + 1}`, each);
      }),
    );
  const found = compareDefinitions(own(39), own(40)).filter(({ check }) => /dropped/.test(check));
  expect(found).toHaveLength(39 + 39); // the new field in the others, theirs in the new version
});

test("a schema 2000 levels deep is walked to its end", () => {
  const deep = (leaf: Schema): Schema =>
    [...Array(2_000).keys()].reduce((below): Schema => ({ type: "object", properties: { a: below } }), leaf);
  const [old, next] = [deep({ type: "string" }), deep({ type: "integer" })];
  const found = compareDefinitions(manifest(version("v1 storage", old)), manifest(version("v1 storage", next)));
  expect(found.map(({ check }) => check)).toEqual(["type-changed"]);
});
