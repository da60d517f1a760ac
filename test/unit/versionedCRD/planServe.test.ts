import type { Definition } from "../../../components/crd/definition";
import { planServe } from "../../../components/versionedCRD/plan";
import { servedStage } from "../../../components/versionedCRD/stages";
import { applied } from "../apiServer";
import { manifest, OWNER, schema, version, webhook, withMetadata, withSpec, withWebhook } from "../fixtures";

const live = (given: Definition) => applied(undefined, servedStage(given, undefined, OWNER));
const both = manifest("v1", "v2 storage");
const plan = (before: Definition, wanted: Definition) => planServe(live(before), wanted, OWNER);

test("an unchanged manifest plans nothing", () => {
  expect(plan(withWebhook(both), withWebhook(both))).toEqual([]);
});

test("creation names every version with its flags, and the conversion", () => {
  expect(planServe(undefined, withWebhook(manifest("v1 unserved", "v2 storage")), OWNER)).toEqual([
    "(none) → databases.example.com: create with v1 (not served), v2 (served, storage); conversion Webhook https://convert.example.com/",
  ]);
});

test.each<[string, Definition, Definition, string[]]>([
  ["a changed schema", both, manifest("v1", version("v2 storage", schema("host", "port"))), ["v2: change schema"]],
  ["served: false", both, manifest("v1 unserved", "v2 storage"), ["v1: served true → false"]],
  ["a new webhook", both, withWebhook(both), ["conversion None → Webhook https://convert.example.com/"]],
  ["no webhook any more", withWebhook(both), both, ["conversion Webhook https://convert.example.com/ → None"]],
  [
    "a changed label",
    withMetadata(both, { labels: { team: "a" } }),
    withMetadata(both, { labels: { team: "b" } }),
    ["databases.example.com: change metadata.labels"],
  ],
  [
    "a removed label",
    withMetadata(both, { labels: { team: "a" } }),
    both,
    ["databases.example.com: change metadata.labels"],
  ],
  [
    "a removed short name",
    withSpec(both, { names: { ...both.spec.names, shortNames: ["db"] } }),
    both,
    ["databases.example.com: change spec.names"],
  ],
])("%s is told", (_what, before, wanted, sentences) => {
  expect(plan(before, wanted)).toEqual(sentences);
});

test("a new caBundle for the same webhook is told, without its bytes", () => {
  const client = { ...webhook().webhook?.clientConfig, caBundle: "bmV3" };
  const conversion = { strategy: "Webhook", webhook: { clientConfig: client, conversionReviewVersions: ["v1"] } };
  expect(plan(withWebhook(both), withSpec(both, { conversion }))).toEqual([
    "conversion Webhook https://convert.example.com/: new caBundle",
  ]);
});

test("another port of the same Service is told", () => {
  const on = (port: number) => {
    const clientConfig = { service: { namespace: "ns", name: "convert", port } };
    return withSpec(both, { conversion: { strategy: "Webhook", webhook: { clientConfig } } });
  };
  expect(plan(on(443), on(8443))).toEqual(["conversion Webhook ns/convert: change how it is called"]);
});

test("what only spells the same differently plans nothing: false, empty lists, the order of versions", () => {
  const wanted = withSpec(manifest("v2 storage", "v1"), { preserveUnknownFields: false });
  const names = { ...wanted.spec.names, shortNames: [] };
  expect(plan(both, withSpec(wanted, { names }))).toEqual([]);
});

test("a field spelled out as false is not told as a change beside a real one", () => {
  const wanted = manifest({ ...version("v1"), deprecated: false }, "v2 storage", "v3");
  expect(plan(both, wanted)).toEqual(["(none) → v3: add, served; storage stays v2"]);
});

test("what others added is left alone: a caBundle, a label, a default of the server", () => {
  const before = live(withWebhook(both));
  const client = { ...webhook().webhook?.clientConfig, caBundle: "aW5qZWN0ZWQ=" };
  const conversion = { strategy: "Webhook", webhook: { clientConfig: client, conversionReviewVersions: ["v1"] } };
  const seen = withMetadata(withSpec(before, { conversion }), {
    labels: { "argocd.example/app": "x" },
  });
  const names = { ...seen.spec.names, singular: "database", listKind: "DatabaseList" };
  expect(planServe(withSpec(seen, { names }), withWebhook(both), OWNER)).toEqual([]);
});

test("a definition that someone else made, alike in every word, is taken over", () => {
  const foreign = withMetadata(live(both), { managedFields: [{ manager: "kubectl", operation: "Apply" }] });
  expect(planServe(foreign, both, OWNER)).toEqual(["databases.example.com: take over its fields by server-side apply"]);
});
