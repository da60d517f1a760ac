import { ConversionWebhook, VersionedCRD } from "pulumi-kubernetes-storage-migration";
import * as random from "@pulumi/random";

/** Seals passwords. It goes only after every object was written again without it: hence `protect`. */
const key = new random.RandomBytes("databases-conversion-key", { length: 32 }, { protect: true });

const conversion = new ConversionWebhook("databases-conversion", { conversion: "conversion.ts", keys: [key.base64] });

new VersionedCRD("databases", { file: "v1-v2.yaml", conversion, stopAfter: "migrate" });
