import type { Definition } from "../../../components/crd/definition";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { requestedInjection, awaitInjection } from "../../../components/versionedCRD/serve/injection";
import { manifest, withMetadata, withWebhook } from "../fixtures";

const service = { namespace: "default", name: "hook" };
const hooked = (clientConfig: object, annotations: Record<string, string> = {}): Definition => {
  const definition = withMetadata(withWebhook(manifest("v2 storage")), { annotations });
  const conversion = { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } };
  return { ...definition, spec: { ...definition.spec, conversion } };
};
const asking = { "cert-manager.io/inject-ca-from": "default/hook-tls" };
const without = hooked({ service }, asking);
const complete = hooked({ service, caBundle: "Q0E=" }, asking);

test("a webhook without a caBundle asks for one by cert-manager's annotation", () => {
  expect(requestedInjection(without)).toBe("cert-manager.io/inject-ca-from");
  expect(requestedInjection(complete)).toBeUndefined();
  expect(requestedInjection(hooked({ service }))).toBeUndefined();
  expect(requestedInjection(hooked({ url: "https://hook.example.com" }, asking))).toBeUndefined();
  expect(requestedInjection(withMetadata(manifest("v2 storage"), { annotations: asking }))).toBeUndefined();
});

describe("after an apply", () => {
  const warnings: string[] = [];
  const work = (...answers: Definition[]) => {
    warnings.length = 0;
    const call = () => Promise.resolve(answers.length > 1 ? answers.shift() : answers[0]);
    const cluster = { call } as unknown as Cluster;
    const warn = (message: string) => void warnings.push(message);
    return { cluster, report: () => undefined, warn, signal: new AbortController().signal };
  };

  test("serve goes on once the caBundle is there", async () => {
    expect(await awaitInjection("things", without, work(without, complete))).toBe(complete);
    expect(warnings).toEqual([]);
  });

  test("nobody is asked: nothing is read", async () => {
    const plain = hooked({ service });
    expect(await awaitInjection("things", plain, work(complete))).toBe(plain);
  });

  test("one that does not come is told, with who was to write it", async () => {
    expect(await awaitInjection("things", without, work(without), 0.2)).toBe(without);
    expect(warnings.join()).toMatch(
      /no caBundle after 0.2 s, although cert-manager.io\/inject-ca-from asks .*default\/hook-tls/,
    );
  });
});
