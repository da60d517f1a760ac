import * as pulumi from "@pulumi/pulumi";
import { hiddenInputs } from "../phases/phase";
import { typeToken, type RotationPhaseName } from "../phases/shim";

/**
 * One phase of a rotation of encryption keys as one resource: planned in `check`, run in `create` or `update`. Its type token
 * and its inputs are state that releases must keep reading.
 */
export class RotationPhase extends pulumi.CustomResource {
  declare readonly plan: pulumi.Output<string[]>;
  declare readonly configHash: pulumi.Output<string>;
  declare readonly keyOrder: pulumi.Output<Record<string, string[]>>;
  declare readonly objectsRewritten: pulumi.Output<number | undefined>;
  declare readonly proofs: pulumi.Output<Record<string, string> | undefined>;

  constructor(phase: RotationPhaseName, name: string, facet: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    const provider = phase === "migrate" ? "migrateKeys" : phase; // a VersionedCRD has a Migrate already
    super(
      typeToken(provider),
      name,
      {
        ...facet,
        plan: undefined,
        configHash: undefined,
        keyOrder: undefined,
        objectsRewritten: undefined,
        proofs: undefined,
        ...hiddenInputs(provider, name, opts),
      },
      opts,
    );
  }
}
