import * as pulumi from "@pulumi/pulumi";
import { hiddenShimInputs, shimText, shimTypeToken } from "../provider/shim";

/** One of the four phases of a rotation of encryption keys. */
export type RotationPhaseName = "distribute" | "promote" | "migrate" | "retire";

/** Those phases, in the only order they run. */
export const ROTATION_PHASES = [
  "distribute",
  "promote",
  "migrate",
  "retire",
] as const satisfies readonly RotationPhaseName[];

/** A VersionedCRD has a Migrate already. */
const TYPES: Record<RotationPhaseName, string> = {
  distribute: "Distribute",
  promote: "Promote",
  migrate: "MigrateKeys",
  retire: "Retire",
};

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

  constructor(phase: RotationPhaseName, name: string, inputs: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    const token = shimTypeToken(TYPES[phase]);
    super(
      token,
      name,
      {
        ...inputs,
        plan: undefined,
        configHash: undefined,
        keyOrder: undefined,
        objectsRewritten: undefined,
        proofs: undefined,
        ...hiddenShimInputs(shimText("encryptionKeyRotation", phase), token, name, opts),
      },
      opts,
    );
  }
}

/** The last phase that ran and edits the file: what a held phase recorded may be from before. */
export function lastRotationPhaseRun(stopAfter: RotationPhaseName, edits: RotationPhaseName): RotationPhaseName {
  return ROTATION_PHASES.indexOf(stopAfter) < ROTATION_PHASES.indexOf(edits) ? stopAfter : edits;
}
