import * as pulumi from "@pulumi/pulumi";
import { VersionedCRD, type VersionedCRDArgs } from "pulumi-kubernetes-storage-migration";

const config = new pulumi.Config();
const stopAfter = config.get<NonNullable<VersionedCRDArgs["stopAfter"]>>("stopAfter");
const requestTimeoutSeconds = config.getNumber("requestTimeoutSeconds");

const databases = new VersionedCRD("databases", {
  file: "crds/databases.yaml",
  ...(stopAfter !== undefined && { stopAfter }),
  ...(requestTimeoutSeconds !== undefined && { requestTimeoutSeconds }),
});

export const storedVersions = databases.storedVersions;
