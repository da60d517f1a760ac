import type { Definition } from "../../../components/crd/definition";
import { OWNER_ANNOTATION } from "../../../components/crd/names";
import { prunedFields } from "../../../components/compatibility/prunedFields";
import {
  placeholderInStage,
  removedStage,
  restoredStage,
  servedStage,
  storedStage,
  unservedStage,
  withdrawnVersions,
} from "../../../components/versionedCRD/stages";
import { applied, editedByOther } from "../apiServer";
import { manifest, OWNER, schema, version, webhook, withMetadata, withSpec, withWebhook } from "../fixtures";
import { hasFieldsWeOwn } from "../../../components/versionedCRD/fieldsWeOwn";

const live = (given: Definition) => applied(undefined, servedStage(given, undefined, OWNER));

/** `v1 served storage`, `v2`: the versions as one reads them. */
function words({ spec }: Definition): string[] {
  return spec.versions.map((each) =>
    [each.name, ...(each.served ? ["served"] : []), ...(each.storage ? ["storage"] : [])].join(" "),
  );
}

test("served of a new CRD is the manifest with its owner", () => {
  const wanted = manifest("v1", "v2 storage");
  expect(servedStage(wanted, undefined, OWNER)).toEqual(
    withMetadata(wanted, { annotations: { [OWNER_ANNOTATION]: OWNER } }),
  );
});

test("served adds the new version and leaves storage where it is", () => {
  const intent = servedStage(manifest("v1", "v2 storage"), live(manifest("v1 storage")), OWNER);
  expect(words(intent)).toEqual(["v1 served storage", "v2 served"]);
});

test("served keeps a live version that the manifest no longer names, with its live schema", () => {
  const old = version("v1 storage", schema("hostPort"));
  const intent = servedStage(manifest("v2 storage"), live(manifest(old)), OWNER);
  expect(words(intent)).toEqual(["v1 served storage", "v2 served"]);
  expect(intent.spec.versions[0]?.schema).toEqual(old.schema);
});

test("served keeps the live order of versions: another one would be an edit that changes nothing", () => {
  const intent = servedStage(manifest("v3", "v2 storage", "v1"), live(manifest("v1", "v2 storage")), OWNER);
  expect(words(intent)).toEqual(["v1 served", "v2 served storage", "v3 served"]);
});

test("the live webhook is kept while a version that goes remains", () => {
  const before = live(withWebhook(manifest("v1", "v2 storage")));
  expect(servedStage(manifest("v2 storage"), before, OWNER).spec.conversion).toEqual(webhook());
});

test("the live webhook goes when no version goes with it", () => {
  const before = live(withWebhook(manifest("v1", "v2 storage")));
  expect(servedStage(manifest("v1", "v2 storage"), before, OWNER).spec.conversion).toBeUndefined();
});

test("another webhook in the manifest replaces the live one at once", () => {
  const before = live(withWebhook(manifest("v1", "v2 storage")));
  const wanted = withWebhook(manifest("v2 storage"), "https://other.example.com/");
  expect(servedStage(wanted, before, OWNER).spec.conversion).toEqual(webhook("https://other.example.com/"));
});

test("a webhook that someone else set is not made ours", () => {
  const before = withSpec(live(manifest("v1", "v2 storage")), { conversion: webhook() });
  expect(servedStage(manifest("v2 storage"), before, OWNER).spec.conversion).toBeUndefined();
});

test("stored moves storage and nothing else", () => {
  const before = live(withWebhook(manifest("v1 storage", "v2")));
  const intent = storedStage(before, "v2");
  expect(words(intent)).toEqual(["v1 served", "v2 served storage"]);
  expect({ ...intent.spec, versions: [] }).toEqual({ ...before.spec, versions: [] });
});

test("unserved hides the named versions and keeps them", () => {
  expect(words(unservedStage(live(manifest("v1", "v2 storage")), ["v1"]))).toEqual(["v1", "v2 served storage"]);
});

test("removed takes the named versions away, and the webhook where the manifest has none", () => {
  const intent = removedStage(live(withWebhook(manifest("v1", "v2 storage"))), ["v1"], undefined);
  expect(words(intent)).toEqual(["v2 served storage"]);
  expect(intent.spec.conversion).toBeUndefined();
});

test("removed keeps the webhook that the manifest still names", () => {
  const intent = removedStage(live(withWebhook(manifest("v1", "v2", "v3 storage"))), ["v1"], webhook());
  expect(intent.spec.conversion).toEqual(webhook());
});

test("restored brings removed versions back unserved, with the conversion that knew them", () => {
  const v1 = manifest("v1", "v2 storage").spec.versions.slice(0, 1);
  const intent = restoredStage(live(manifest("v2 storage")), v1, webhook());
  expect(words(intent)).toEqual(["v2 served storage", "v1"]);
  expect(intent.spec.conversion).toEqual(webhook());
});

test("a placeholder prunes nothing and serves nothing", () => {
  expect(placeholderInStage("v1")).toMatchObject({ name: "v1", served: false, storage: false });
  const any = { type: "object", properties: { any: { type: "string" } } };
  expect(prunedFields(any, placeholderInStage("v1").schema?.openAPIV3Schema)).toEqual([]);
});

test("no stage carries what the server owns: uid, resourceVersion, status", () => {
  const before = live(manifest("v1", "v2 storage"));
  const stages = [
    storedStage(before, "v1"),
    unservedStage(before, ["v1"]),
    removedStage(before, ["v1"], undefined),
    restoredStage(before, [], null),
  ];
  for (const stage of stages) {
    expect(Object.keys(stage).sort()).toEqual(["apiVersion", "kind", "metadata", "spec"]);
    expect(Object.keys(stage.metadata).sort()).toEqual(["annotations", "name"]);
  }
});

test("no stage claims what others put there: a label, a caBundle", () => {
  const before = live(withWebhook(manifest("v1", "v2 storage")));
  const client = { ...webhook().webhook?.clientConfig, caBundle: "aW5qZWN0ZWQ=" };
  const labels = { "argocd.example/app": "x" };
  const seen = withSpec(withMetadata(before, { labels }), {
    conversion: { strategy: "Webhook", webhook: { clientConfig: client, conversionReviewVersions: ["v1"] } },
  });
  const intent = storedStage(seen, "v1");
  expect(intent.metadata.labels).toBeUndefined();
  expect(intent.spec.conversion).toEqual(webhook());
});

test("withdrawn are the live versions that the manifest no longer names", () => {
  expect(withdrawnVersions(live(manifest("v1", "v2", "v3 storage")), ["v3", "v4"]).map(({ name }) => name)).toEqual([
    "v1",
    "v2",
  ]);
});

test("a definition is ours once we applied its versions, and not after someone took them over", () => {
  const ours = live(manifest("v1 storage"));
  expect(hasFieldsWeOwn(ours)).toBe(true);
  expect(hasFieldsWeOwn(editedByOther(ours, { versions: manifest("v1 storage", "v2").spec.versions }))).toBe(false);
  expect(hasFieldsWeOwn(manifest("v1 storage"))).toBe(false);
});
