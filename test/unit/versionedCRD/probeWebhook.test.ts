import type { Definition, WebhookClientConfig } from "../../../components/crd/definition";
import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import type { ServeInputs } from "../../../components/versionedCRD/inputs";
import { probeWebhook } from "../../../components/versionedCRD/serve/probeWebhook";
import { manifest } from "../fixtures";

const stored = { metadata: { name: "x", namespace: "default", uid: "u", resourceVersion: "1" }, spec: {} };

interface Review {
  request: { uid: string; desiredAPIVersion: string; objects: Record<string, unknown>[] };
}

/** Converts to every version but v1. */
function answer(body: unknown): unknown {
  const { uid, desiredAPIVersion, objects } = (body as Review).request;
  const isKnown = !desiredAPIVersion.endsWith("/v1");
  const result = isKnown ? { status: "Success" } : { status: "Failure", message: "no such version" };
  const convertedObjects = isKnown ? objects.map((each) => ({ ...each, apiVersion: desiredAPIVersion })) : [];
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "ConversionReview",
    response: { uid, result, convertedObjects },
  };
}

const withWebhook = (definition: Definition, clientConfig?: WebhookClientConfig): Definition => {
  const conversion = { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } };
  return { ...definition, spec: { ...definition.spec, ...(clientConfig && { conversion }) } } as Definition;
};

/** From v1 and v2, which is stored, to v2 and v3; v1 goes. */
function asked(wanted: WebhookClientConfig, before: WebhookClientConfig | undefined, items: object[] = [stored]) {
  const call = ({ method, body }: ApiRequest): Promise<unknown> =>
    Promise.resolve(method === "POST" ? answer(body) : { metadata: {}, items });
  const { group, names } = manifest("v2").spec;
  const inputs = { crd: "databases.example.com", group, plural: names.plural };
  const next = withWebhook(manifest("v2", "v3 storage"), wanted);
  const live = withWebhook(manifest("v1", "v2 storage"), before);
  return probeWebhook({ ...inputs, manifest: next } as ServeInputs, { call } as Cluster, live);
}

const service = { namespace: "system", name: "webhook" };
const refused = [
  expect.stringMatching(
    /does not convert default\/x to v1: .*no such version\n.*\n.*\n +next: +drop v1 first/,
  ) as string,
];

test("a new webhook that does not convert to a version that goes is a problem, with an object and a way out", async () => {
  expect(await asked({ service }, undefined)).toEqual(refused);
});

test("so is one that takes another's place", async () => {
  expect(await asked({ service }, { service: { ...service, name: "other" } })).toEqual(refused);
});

test("without an object nobody meets it", async () => {
  expect(await asked({ service }, undefined, [])).toEqual([]);
});

test("one that is there already is not asked: its port is 443 where none is given", async () => {
  expect(await asked({ service }, { service: { ...service, port: 443 } })).toEqual([]);
});
