import type { Definition } from "../../../components/crd/definition";
import { findInjectedCaBundle, withInjectedCaBundle } from "../../../components/versionedCRD/injectedCaBundle";
import { manifest, withMetadata, withWebhook } from "../fixtures";

const caBundle = { "f:spec": { "f:conversion": { "f:webhook": { "f:clientConfig": { "f:caBundle": {} } } } } };
const ours = {
  manager: "kubernetes-storage-migration",
  operation: "Apply",
  fieldsV1: { "f:spec": { "f:conversion": { "f:strategy": {} }, "f:versions": {} } },
};
const injector = { manager: "cert-manager-cainjector", operation: "Update", fieldsV1: caBundle };
const kubectl = {
  manager: "kubectl",
  operation: "Update",
  fieldsV1: { ...caBundle, "f:metadata": { "f:labels": { "f:team": {} } } },
};

const withoutHook = manifest("v2 storage");
const hooked = withWebhook(withoutHook);
const live = (...managedFields: object[]): Definition => withMetadata(hooked, { managedFields });

test("where the webhook leaves, an injected caBundle becomes ours alone, and others keep what else they own", () => {
  expect(withInjectedCaBundle(live(ours, injector, kubectl), withoutHook)).toEqual([
    {
      ...ours,
      fieldsV1: {
        "f:spec": {
          "f:conversion": { "f:strategy": {}, ...caBundle["f:spec"]["f:conversion"] },
          "f:versions": {},
        },
      },
    },
    { ...kubectl, fieldsV1: { "f:metadata": { "f:labels": { "f:team": {} } } } },
  ]);
});

test("nobody injected one, the webhook stays, there was none, or nothing is ours: nothing to do", () => {
  expect(withInjectedCaBundle(live(ours), withoutHook)).toBeUndefined();
  expect(withInjectedCaBundle(live(ours, injector), hooked)).toBeUndefined();
  expect(
    withInjectedCaBundle(withMetadata(withoutHook, { managedFields: [ours, injector] }), withoutHook),
  ).toBeUndefined();
  expect(withInjectedCaBundle(live(injector), withoutHook)).toBeUndefined();
});

test("a webhook that an operator set by itself keeps its caBundle", () => {
  const versionsAlone = { ...ours, fieldsV1: { "f:spec": { "f:versions": {} } } };
  const operator = { manager: "operator", operation: "Update", fieldsV1: caBundle };
  expect(withInjectedCaBundle(live(versionsAlone, operator), withoutHook)).toBeUndefined();
});

test("what another controller injected stays without a caBundle of ours; what we alone applied leaves with our apply", () => {
  const caBundle = "LS0t";
  const conversion = { strategy: "Webhook", webhook: { clientConfig: { url: "https://here", caBundle } } } as const;
  const bundled = (...managedFields: object[]): Definition => {
    const definition = live(...managedFields);
    return { ...definition, spec: { ...definition.spec, conversion } };
  };
  expect(findInjectedCaBundle(bundled(ours, injector))).toBe(caBundle);
  expect(findInjectedCaBundle(bundled({ ...ours, fieldsV1: injector.fieldsV1 }))).toBeUndefined();
  expect(findInjectedCaBundle(undefined)).toBeUndefined();
});
