import * as pulumi from "@pulumi/pulumi";
import { hiddenShimInputs, shimText, shimTypeToken } from "../provider/shim";

/** One of the five phases of a rollout. */
export type PhaseName = "serve" | "rehearse" | "store" | "migrate" | "drop";

/** The phases, in the only order they run. */
export const PHASES = ["serve", "rehearse", "store", "migrate", "drop"] as const satisfies readonly PhaseName[];

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

  constructor(phase: PhaseName, name: string, inputs: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    const token = shimTypeToken(phase.charAt(0).toUpperCase() + phase.slice(1));
    super(
      token,
      name,
      {
        ...inputs,
        plan: undefined,
        storageVersion: undefined,
        storedVersions: undefined,
        objectsRewritten: undefined,
        proof: undefined,
        ...hiddenShimInputs(shimText("versionedCRD", phase), token, name, opts),
      },
      opts,
    );
  }
}

/** The last phase that ran and changes this: what a held phase recorded may be from before. */
export function lastPhaseRun(stopAfter: PhaseName, changes: PhaseName): PhaseName {
  return PHASES.indexOf(stopAfter) < PHASES.indexOf(changes) ? stopAfter : changes;
}
