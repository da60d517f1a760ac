import * as pulumi from "@pulumi/pulumi";
import { packageFolder, providerText, type PhaseName } from "./shim";

/**
 * One phase of a rollout as one resource: planned in `check`, so that `pulumi preview` shows what it will do, and run in
 * `create` or `update`. Its type token and its inputs are state that releases must keep reading.
 */
export class Phase extends pulumi.CustomResource {
  declare readonly plan: pulumi.Output<string[]>;
  declare readonly storageVersion: pulumi.Output<string>;
  declare readonly storedVersions: pulumi.Output<string[]>;
  declare readonly objectsRewritten: pulumi.Output<number | undefined>;
  declare readonly proof: pulumi.Output<string | undefined>;

  constructor(phase: PhaseName, name: string, facet: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    const type = `pulumi-nodejs:dynamic/kubernetes-storage-migration:${phase[0]?.toUpperCase()}${phase.slice(1)}`;
    super(
      type,
      name,
      {
        ...facet,
        plan: undefined,
        storageVersion: undefined,
        storedVersions: undefined,
        objectsRewritten: undefined,
        proof: undefined,
        __provider: providerText(phase),
        __from: packageFolder(),
        __urn: withoutDependencies(pulumi.createUrn(name, type, opts.parent)),
      },
      opts,
    );
  }
}

/** The urn would carry a dependency on the parent, and the parent waits for us: a deadlock. */
function withoutDependencies(urn: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.output((urn as unknown as { promise(): Promise<string> }).promise());
}
