import type { Schema, Version } from "../../../components/crd/definition";
import { checkServe } from "../../../components/versionedCRD/checks/checkServe";
import { schemaTightened } from "../../../components/versionedCRD/checks/schemaTightened";
import { servedStage } from "../../../components/versionedCRD/stages";
import { applied } from "../apiServer";
import { manifest, OWNER, version } from "../fixtures";

const field = (schema: Schema): Schema => ({ type: "object", properties: { field: schema } });

/** The warning of a move from v1 to v2 whose schemas, or subresources, differ like this. */
function warning(from: Schema, to: Schema, before: Partial<Version> = {}, after: Partial<Version> = {}): string {
  const live = applied(
    undefined,
    servedStage(manifest({ ...version("v1 storage", from), ...before }), undefined, OWNER),
  );
  const wanted = manifest({ ...version("v1", from), ...before }, { ...version("v2 storage", to), ...after });
  expect(checkServe({ manifest: wanted, owner: OWNER }, live).warnings).toEqual(
    expect.arrayContaining(schemaTightened(wanted, live)),
  );
  return schemaTightened(wanted, live).join("\n");
}

const text: Schema = { type: "string" };
const list = (keys: string[]): Schema => ({
  type: "array",
  items: { type: "object" },
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": keys,
});

test.each<[string, Schema, Schema, string]>([
  ["an enum that lost a value", { ...text, enum: ["a", "b"] }, { ...text, enum: ["a"] }, '.field no longer allows "b"'],
  ["an enum where there was none", text, { ...text, enum: ["a"] }, '.field no longer allows anything but "a"'],
  [
    "a required field without a default",
    { type: "object", properties: { a: text } },
    { type: "object", properties: { a: text }, required: ["a"] },
    ".field.a is required and has no default",
  ],
  ["null that is no longer allowed", { ...text, nullable: true }, text, ".field may no longer be null"],
  ["int-or-string that takes only one", { "x-kubernetes-int-or-string": true }, text, ".field takes only string"],
  [
    "other list map keys",
    list(["name"]),
    list(["name", "zone"]),
    '.field has another x-kubernetes-list-map-keys (["name"] → ["name","zone"])',
  ],
  [
    "a list that becomes a set",
    { type: "array", items: text },
    { type: "array", items: text, "x-kubernetes-list-type": "set" },
    '.field has another x-kubernetes-list-type ("none" → "set")',
  ],
  [
    "an enum in a list's items and in a map's values",
    {
      type: "object",
      properties: { l: { type: "array", items: text }, m: { type: "object", additionalProperties: text } },
    },
    {
      type: "object",
      properties: {
        l: { type: "array", items: { ...text, enum: ["a"] } },
        m: { type: "object", additionalProperties: { ...text, enum: ["a"] } },
      },
    },
    '.field.l[] no longer allows anything but "a"; .field.m.* no longer allows anything but "a"',
  ],
])("%s is told with its path", (_what, from, to, said) => {
  expect(warning(field(from), field(to))).toBe(
    `databases.example.com: v2 asks for more than v1: ${said}; the rehearsal tells which objects it meets`,
  );
});

test.each<[string, Schema, Schema]>([
  ["an enum with a value more", { ...text, enum: ["a"] }, { ...text, enum: ["b", "a"] }],
  [
    "a required field with a default",
    { type: "object", properties: { a: text } },
    { type: "object", properties: { a: { ...text, default: "x" } }, required: ["a"] },
  ],
  ["null that is allowed now", text, { ...text, nullable: true }],
  ["the same list", list(["name"]), list(["name"])],
])("%s is nothing to tell", (_what, from, to) => expect(warning(field(from), field(to))).toBe(""));

test("a subresource that the new version lacks is told, one that it gains is not", () => {
  const both = { subresources: { status: {}, scale: { specReplicasPath: ".spec.replicas" } } };
  const said = warning(field(text), field(text), both, { subresources: { status: {} } });
  expect(said).toContain("v2 asks for more than v1: subresource scale is lost, and its clients get 404;");
  expect(warning(field(text), field(text), {}, both)).toBe("");
});

test("while storage does not move there is nothing to tell", () => {
  const wanted = manifest(version("v1 storage", field({ ...text, enum: ["a"] })));
  const live = applied(undefined, servedStage(manifest(version("v1 storage", field(text))), undefined, OWNER));
  expect(schemaTightened(wanted, live)).toEqual([]);
});
