import { withConversion, type ConversionArgs, describeConversion } from "../../../components/crd/conversion";
import { UserError } from "../../../components/kubernetes/errors";
import { manifest, messageOf, withSpec, withWebhook } from "../fixtures";

const both = manifest("v1", "v2 storage");
const url = "https://convert.example.com/";
const service = { namespace: "databases", name: "convert", path: "/crd", port: 8443 };
const clientConfig = (args: ConversionArgs) => withConversion(both, args).spec.conversion?.webhook?.clientConfig;

test("without the argument the manifest stays as it is", () => {
  expect(withConversion(both, undefined)).toBe(both);
});

test("a url becomes a webhook conversion that speaks ConversionReview v1", () => {
  expect(withConversion(both, { url }).spec.conversion).toEqual({
    strategy: "Webhook",
    webhook: { clientConfig: { url }, conversionReviewVersions: ["v1"] },
  });
});

test("a Service becomes a webhook conversion with its path and port", () => {
  expect(clientConfig({ service })).toEqual({ service });
});

test("the manifest given is not changed", () => {
  withConversion(both, { url });
  expect(both.spec.conversion).toBeUndefined();
});

test("conversion None in the manifest gives way to the argument", () => {
  const none = withSpec(both, { conversion: { strategy: "None" } });
  expect(withConversion(none, { url }).spec.conversion?.strategy).toBe("Webhook");
});

test("a PEM bundle becomes base64, as the API server keeps it", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  expect(clientConfig({ url, caBundle: pem })?.caBundle).toBe(Buffer.from(pem).toString("base64"));
});

test("a bundle that is base64 already stays as it is", () => {
  expect(clientConfig({ url, caBundle: "LS0tLS1CRUdJTg==" })?.caBundle).toBe("LS0tLS1CRUdJTg==");
});

test.each<[string, ConversionArgs, string, string]>([
  ["neither url nor service", {}, "neither url nor service", "give the webhook\'s https:// url or its Service"],
  ["both of them", { url, service }, "url and service", "remove one of them"],
])("%s => refused", (_what, args, found, next) => {
  expect(messageOf(() => withConversion(both, args))).toBe(
    `databases.example.com: \`conversion\` has ${found}\n  expected: exactly one\n  next:     ${next}`,
  );
});

test("an http:// url => refused", () => {
  expect(messageOf(() => withConversion(both, { url: "http://convert.example.com/" }))).toBe(
    "databases.example.com: `conversion.url` is http://convert.example.com/\n  expected: https:// (the API server refuses anything else)\n  next:     serve the webhook over TLS",
  );
});

test("a webhook in the manifest and in the argument => refused, also where they are equal", () => {
  expect(messageOf(() => withConversion(withWebhook(both, url), { url }))).toBe(
    "databases.example.com: both the manifest (spec.conversion) and `conversion` name a webhook\n  expected: one of them\n  next:     remove either",
  );
});

test("what is wrong is an error for the person at the terminal", () => {
  expect(() => withConversion(both, {})).toThrow(UserError);
});

test("a plan reads None, a url, or namespace/name with its path", () => {
  expect(describeConversion(undefined)).toBe("None");
  expect(describeConversion(withConversion(both, { url }).spec.conversion)).toBe(`Webhook ${url}`);
  expect(describeConversion(withConversion(both, { service }).spec.conversion)).toBe("Webhook databases/convert/crd");
});

test("a Service that preview cannot name yet is not named", () => {
  const unknown = withSpec(both, {
    conversion: { strategy: "Webhook", webhook: { clientConfig: { service: {} as never } } },
  });
  expect(describeConversion(unknown.spec.conversion)).toBe("Webhook");
});
