import * as pulumi from "@pulumi/pulumi";
import { packageFolder, providerText, typeToken, type PhaseName, type ProviderName } from "./shim";

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
    super(
      typeToken(phase),
      name,
      {
        ...facet,
        plan: undefined,
        storageVersion: undefined,
        storedVersions: undefined,
        objectsRewritten: undefined,
        proof: undefined,
        ...hiddenInputs(phase, name, opts),
      },
      opts,
    );
  }
}

/** Inputs for the engine and the shim alone: they never show in a diff. */
export function hiddenInputs(phase: ProviderName, name: string, { parent }: pulumi.ResourceOptions): pulumi.Inputs {
  return {
    __provider: providerText(phase),
    __from: packageFolder(),
    __urn: withoutDependencies(pulumi.createUrn(name, typeToken(phase), parent)),
  };
}

/** The urn would carry a dependency on the parent, and the parent waits for us: a deadlock. */
function withoutDependencies(urn: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.output((urn as unknown as { promise(): Promise<string> }).promise());
}
