import * as pulumi from "@pulumi/pulumi";
import { VersionedCRD, type VersionedCRDArgs } from "pulumi-kubernetes-storage-migration";

export { VersionedCRD, type VersionedCRDArgs };

/** A company's own component: ours with its defaults. */
export declare class CompanyCRD extends pulumi.ComponentResource {
  readonly crd: VersionedCRD;
  constructor(name: string, args: VersionedCRDArgs, opts?: pulumi.ComponentResourceOptions);
}
