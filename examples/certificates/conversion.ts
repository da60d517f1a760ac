import { defineConversion } from "pulumi-kubernetes-storage-migration/conversion";
import { group, kind, versions } from "./schemas";

const algorithms = { rsa: "RSA", ecdsa: "ECDSA" } as const;
const encodings = { pkcs1: "PKCS1", pkcs8: "PKCS8" } as const;
const HOURS = 24;

export default defineConversion({
  group,
  kind,
  versions,
  steps: (step) => [
    step("v1alpha2", "v1", (m) => [
      // What belongs together stands together.
      m.rename("spec.organization", "spec.subject.organizations"),
      m.added("spec.subject.countries"),
      m.rename("spec.uriSANs", "spec.uris"),
      m.rename("spec.emailSANs", "spec.emailAddresses"),
      m.rename("spec.keySize", "spec.privateKey.size"),
      m.map("spec.keyAlgorithm", "spec.privateKey.algorithm", {
        up: (algorithm) => algorithms[algorithm],
        // v1alpha2 knows no Ed25519: it shows none, which v1alpha2's clients take for the default.
        down: (algorithm) => (algorithm === "Ed25519" ? undefined : algorithm === "RSA" ? "rsa" : "ecdsa"),
      }),
      m.map("spec.keyEncoding", "spec.privateKey.encoding", {
        up: (encoding) => encodings[encoding],
        down: (encoding) => (encoding === "PKCS1" ? "pkcs1" : "pkcs8"),
      }),
      m.added("spec.privateKey.rotationPolicy"),
      // Whole days become a duration; what is no number of whole days, v1alpha2 cannot show.
      m.map("spec.renewBeforeDays", "spec.renewBefore", {
        up: (days) => `${days * HOURS}h`,
        down(duration) {
          const days = Number(/^(\d{1,6})h$/.exec(duration)?.[1]) / HOURS;
          return Number.isInteger(days) && days >= 1 && days <= 3650 ? days : undefined;
        },
      }),
      m.map("spec.usages", "spec.usages", {
        up: (usages) => usages,
        down: (usages) => usages.filter((usage) => usage !== "code signing"),
      }),
      m.each("spec.outputs", (output) => [
        output.rename("secret", "secretName"),
        output.map("format", "type", {
          up: (format) => (format === "pem" ? "PEM" : "DER"),
          down: (type) => (type === "DER" ? "der" : "pem"),
        }),
      ]),
      m.each("status.conditions", (condition) => [condition.added("observedGeneration")]),
    ]),
  ],
});
