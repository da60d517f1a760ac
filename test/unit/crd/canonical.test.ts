import { canonicalText, canonicalDigest } from "../../../components/crd/canonical";
import { FIELD_MANAGER } from "../../../components/crd/names";
import { fieldsWeOwn } from "../../../components/versionedCRD/fieldsWeOwn";
import { applied } from "../apiServer";
import { manifest, webhook, withMetadata, withSpec, withWebhook } from "../fixtures";

const inSchema = (node: object) => ({ schema: { openAPIV3Schema: { type: "object", ...node } } });

test.each<[string, object, object]>([
  ["the order of keys", { a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 }],
  ["null and absent", { conversion: null }, {}],
  ["default: null and none", inSchema({ default: null, example: null }), inSchema({})],
  ["undefined and absent", { conversion: undefined }, {}],
  ["false and absent", { preserveUnknownFields: false }, {}],
  ["an empty text and absent", inSchema({ description: "" }), inSchema({})],
  ["an empty list and absent", { names: { shortNames: [] } }, { names: {} }],
  ["an empty map of properties and absent", inSchema({ properties: {} }), inSchema({})],
  ["empty labels and absent", { metadata: { labels: {} } }, { metadata: {} }],
  ["a printer column's priority 0 and absent", { priority: 0, name: "Age" }, { name: "Age" }],
  [
    "nullable: false below a property that is named default",
    inSchema({ properties: { default: { type: "string", nullable: false } } }),
    inSchema({ properties: { default: { type: "string" } } }),
  ],
])("%s are alike", (_what, left, right) => {
  expect(canonicalText(left)).toBe(canonicalText(right));
  expect(canonicalDigest(left)).toBe(canonicalDigest(right));
});

test.each<[string, object, object]>([
  ["default: false and no default", inSchema({ default: false }), inSchema({})],
  ['default: "" and no default', inSchema({ default: "" }), inSchema({})],
  ["default: {a: false} and default: {}", inSchema({ default: { a: false } }), inSchema({ default: {} })],
  ['enum [""] and enum ["a"]', inSchema({ enum: [""] }), inSchema({ enum: ["a"] })],
  ['enum ["", "a"] and enum ["a"]', inSchema({ enum: ["", "a"] }), inSchema({ enum: ["a"] })],
  ["minLength: 0 and none", inSchema({ minLength: 0 }), inSchema({})],
  ["status: {} and no status subresource", { subresources: { status: {} } }, { subresources: {} }],
  ["an empty label and none", { labels: { team: "" } }, { labels: { size: "" } }],
  [
    "a property named priority and none",
    inSchema({ properties: { priority: { type: "string" } } }),
    inSchema({ properties: {} }),
  ],
  ["the order of a list", { versions: [1, 2] }, { versions: [2, 1] }],
])("%s are not alike", (_what, left, right) => {
  expect(canonicalText(left)).not.toBe(canonicalText(right));
  expect(canonicalDigest(left)).not.toBe(canonicalDigest(right));
});

test("ours is what our apply set, with its live values, and nothing that others added", () => {
  const intent = withMetadata(withWebhook(manifest("v1 storage")), { labels: { team: "storage" } });
  const live = applied(undefined, intent);
  const seen = withMetadata(live, { labels: { team: "storage", "argocd.example/app": "x" } });
  const client = { ...webhook().webhook?.clientConfig, caBundle: "aW5qZWN0ZWQ=" };
  const injected = withSpec(seen, {
    conversion: { ...webhook(), webhook: { ...webhook().webhook, clientConfig: client } },
  });
  expect(fieldsWeOwn(injected)).toEqual({ metadata: { labels: { team: "storage" } }, spec: intent.spec });
});

test("another manager's fields, and our own updates of status and annotations, are not ours to apply", () => {
  const fieldsV1 = { "f:spec": { "f:scope": {} } };
  const managedFields = [
    { manager: "kubectl", operation: "Apply", fieldsV1 },
    { manager: FIELD_MANAGER, operation: "Update", fieldsV1 },
    { manager: FIELD_MANAGER, operation: "Apply", subresource: "status", fieldsV1 },
  ];
  expect(fieldsWeOwn(withMetadata(manifest("v1 storage"), { managedFields }))).toEqual({});
});

test("a field that we applied and someone removed since is not ours any more", () => {
  const live = applied(undefined, withSpec(manifest("v1 storage"), { preserveUnknownFields: true }));
  delete live.spec["preserveUnknownFields"];
  expect(fieldsWeOwn(live).spec).not.toHaveProperty("preserveUnknownFields");
});
