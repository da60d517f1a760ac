import { ConversionWebhook, VersionedCRD } from "pulumi-kubernetes-storage-migration";

const conversion = new ConversionWebhook("certificates-conversion", {
  conversion: "conversion.ts",
  namespace: "pki",
});

const certificates = new VersionedCRD("certificates", {
  file: "v1alpha2-v1.yaml",
  conversion,
  stopAfter: "migrate", // v1alpha2 stays served until its clients have gone
});

export const storedVersions = certificates.storedVersions;
