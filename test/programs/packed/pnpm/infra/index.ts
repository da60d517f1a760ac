import { VersionedCRD } from "pulumi-kubernetes-storage-migration";

const databases = new VersionedCRD("databases", { file: "../crd.yaml", migrator: "direct", requestTimeoutSeconds: 3 });

export const storageVersion = databases.storageVersion;
export const storedVersions = databases.storedVersions;
export const objectsRewritten = databases.objectsRewritten;
