import { ConversionWebhook, VersionedCRD } from "pulumi-kubernetes-storage-migration";

const conversion = new ConversionWebhook("selfierequests-conversion", { conversion: "conversion.ts" });

new VersionedCRD("selfierequests", { file: "v1-v2.yaml", conversion, stopAfter: "migrate" });
