import type { Definition } from "../../../components/crd/definition";
import { rolloutDigest } from "../../../components/versionedCRD/serve/rolloutDigest";
import { applied } from "../apiServer";
import { manifest, withWebhook } from "../fixtures";

/** The digest by which `up --plan` tells a CRD that moved since its plan was saved. */
const plans = [["v1: change schema"], [], ["storage v1 → v2: one edit"]];
const idle = [[], []];
const live = applied(undefined, manifest("v1 storage", "v2"));
const moved = (change: (definition: Definition) => void, from: Definition = live): Definition => {
  const copy = structuredClone(from);
  change(copy);
  return copy;
};

test.each<[string, Definition]>([
  ["the schema of a version", moved(({ spec }) => Object.assign(spec.versions[0] ?? {}, { schema: {} }))],
  ["a name", moved(({ spec }) => Object.assign(spec.names, { shortNames: ["db"] }))],
  ["storedVersions", moved((crd) => (crd.status = { ...crd.status, storedVersions: ["v1beta1", "v1"] }))],
  ["its uid: another one of that name", moved(({ metadata }) => (metadata.uid = "another"))],
])("it is another one when this moved: %s", (_, now) => {
  expect(rolloutDigest(plans, now)).not.toBe(rolloutDigest(plans, live));
});

test("it is another one when what is planned is", () => {
  expect(rolloutDigest([["v1: change names"], [], []], live)).not.toBe(rolloutDigest(plans, live));
});

test("what moves by itself does not count: labels, annotations, resourceVersion, conditions, generation", () => {
  const now = moved((crd) => {
    Object.assign(crd.metadata, { labels: { a: "b" }, annotations: {}, resourceVersion: "99", generation: 99 });
    crd.status = { ...crd.status, conditions: [{ type: "Established", status: "True" }] };
  });
  expect(rolloutDigest(plans, now)).toBe(rolloutDigest(plans, live));
});

test("a caBundle that an injector renews does not count; one that the manifest gives does", () => {
  const withBundle = (caBundle: string, isInjected: boolean): Definition =>
    moved(
      (crd) => {
        const clientConfig = crd.spec.conversion?.webhook?.clientConfig;
        if (clientConfig !== undefined) clientConfig.caBundle = caBundle;
        const path = { "f:spec": { "f:conversion": { "f:webhook": { "f:clientConfig": { "f:caBundle": {} } } } } };
        const entry = { manager: "cainjector", operation: "Update", fieldsV1: path };
        if (isInjected) crd.metadata.managedFields = [...(crd.metadata.managedFields ?? []), entry];
      },
      applied(undefined, withWebhook(manifest("v1 storage", "v2"))),
    );
  expect(rolloutDigest(plans, withBundle("b2xk", true))).toBe(rolloutDigest(plans, withBundle("bmV3", true)));
  expect(rolloutDigest(plans, withBundle("b2xk", false))).not.toBe(rolloutDigest(plans, withBundle("bmV3", false)));
});

test("with nothing to do the CRD may move: a saved plan of nothing is not refused for what others do", () => {
  const now = moved(({ spec }) => Object.assign(spec.names, { shortNames: ["db"] }));
  expect(rolloutDigest(idle, now)).toBe(rolloutDigest(idle, live));
});
