import { laws } from "pulumi-kubernetes-storage-migration/testing";
import conversion from "./conversion";

laws(conversion);

const certificate = (version: string, spec: object, status = {}) => ({
  apiVersion: `pki.example.com/${version}`,
  kind: "Certificate",
  metadata: { name: "www", namespace: "shop" },
  spec: { secretName: "www-tls", issuerRef: { name: "internal" }, ...spec },
  status,
});
const [old, current] = ["v1alpha2", "v1"];

test("what stood flat in spec stands in groups, and back", () => {
  const flat = certificate(old, {
    organization: ["Shop"],
    uriSANs: ["spiffe://shop/www"],
    keyAlgorithm: "ecdsa",
    keySize: 256,
    renewBeforeDays: 15,
    outputs: [{ secret: "www-der", format: "der" }],
  });
  const grouped = certificate(current, {
    subject: { organizations: ["Shop"] },
    uris: ["spiffe://shop/www"],
    privateKey: { algorithm: "ECDSA", size: 256 },
    renewBefore: "360h",
    outputs: [{ secretName: "www-der", type: "DER" }],
  });
  expect(conversion.convert(flat, current)).toEqual(grouped);
  expect(conversion.convert(grouped, old)).toEqual(flat);
});

test.each([["36h"], ["1h30m"], ["0h"], ["240000h"]])(
  "renewBefore %s is no number of days that v1alpha2 takes: it shows none, and gives it back",
  (renewBefore) => {
    const shown = conversion.convert(certificate(current, { renewBefore }), old);
    expect(shown["spec"]).not.toHaveProperty("renewBeforeDays");
    expect(conversion.convert(shown, current)["spec"]).toMatchObject({ renewBefore });
    const edited = { ...shown, spec: { ...(shown["spec"] as object), renewBeforeDays: 2 } };
    expect(conversion.convert(edited, current)["spec"]).toMatchObject({ renewBefore: "48h" });
  },
);

test("a controller of v1alpha2 that writes one condition leaves the other's observedGeneration alone", () => {
  const [ready, issuing] = [
    { type: "Ready", status: "True", observedGeneration: 3 },
    { type: "Issuing", status: "False", observedGeneration: 2 },
  ];
  const shown = conversion.convert(certificate(current, {}, { conditions: [ready, issuing] }), old);
  expect(shown["status"]).toEqual({
    conditions: [
      { type: "Ready", status: "True" },
      { type: "Issuing", status: "False" },
    ],
  });
  const written = {
    ...shown,
    status: {
      conditions: [
        { type: "Ready", status: "False" },
        { type: "Issuing", status: "False" },
      ],
    },
  };
  expect(conversion.convert(written, current)["status"]).toMatchObject({
    conditions: [{ status: "False" }, { ...issuing }],
  });
});
