import { CompanyCRD } from "@acme/platform";

const databases = new CompanyCRD("databases", { file: "crd.yaml" });

export const storageVersion = databases.crd.storageVersion;
export const storedVersions = databases.crd.storedVersions;
export const objectsRewritten = databases.crd.objectsRewritten;
