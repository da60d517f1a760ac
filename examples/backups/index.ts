import { ConversionWebhook, VersionedCRD } from "pulumi-kubernetes-storage-migration";

const conversion = new ConversionWebhook("backups-conversion", { conversion: "conversion.ts" });

// The next edit of `file` is v1.yaml: both older versions leave, and the webhook after them.
new VersionedCRD("backups", { file: "v1alpha1-v1.yaml", conversion });
