import * as pulumi from "@pulumi/pulumi";
import { whyClusterUnknown } from "../provider/clusterChoice";
import { withRefusal, refusal } from "../provider/refusal";
import { checkRotationArgs, type EncryptionKeyRotationArgs } from "./args";
import { labelKeyName } from "./configuration/keyNames";
import { createRotationPhases } from "./createPhases";
import { readKeyMaterial } from "./keyMaterial";
import { lastRotationPhaseRun, type RotationPhase, type RotationPhaseName } from "./phase";
import { desiredKeysOfArgs } from "./readDesiredKeys";

/** One resource a phase of a rotation: anchors for `dependsOn`. */
export type RotationPhases = Readonly<Record<RotationPhaseName, RotationPhase>>;

/**
 * The keys under which the API servers encrypt resources, and the move of every object from one to the next, in the safe
 * order: distribute → promote → migrate → retire. Change the key list, read `pulumi preview`, run `pulumi up`.
 */
export class EncryptionKeyRotation extends pulumi.ComponentResource {
  /** One resource a phase: anchors for `dependsOn`. */
  readonly phases: RotationPhases;
  /** The last phase that runs. */
  readonly phase: RotationPhaseName;
  /** The key that is to be first, as `secretbox:2026-11`; `identity` is plain data. */
  readonly writeKey: string;
  /** By resource or pattern: the keys that read it, in the API servers' order; the first one writes. */
  readonly keyOrder: pulumi.Output<Record<string, string[]>>;
  /** `sha256:…` of the file in every target; empty without one. As API servers report it (apiserver_encryption_config_controller_last_config_info). */
  readonly configHash: pulumi.Output<string>;
  /** Objects that the last migration proved to be under the write key. Undefined while none has run. */
  readonly objectsRewritten: pulumi.Output<number | undefined>;
  /** By resource, its proof as JSON, as recorded in the cluster. Undefined while none has run. */
  readonly proofs: pulumi.Output<Record<string, string> | undefined>;

  constructor(name: string, args: EncryptionKeyRotationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubernetes-storage-migration:index:EncryptionKeyRotation", name, {}, opts);
    checkRotationArgs(this, args);
    const unknown = whyClusterUnknown(this, args);
    if (unknown !== undefined) throw refusal(this, unknown);
    const desired = withRefusal(this, () => desiredKeysOfArgs(args));
    this.phase = args.stopAfter ?? "retire";
    this.writeKey = labelKeyName(desired.write);
    const material = withRefusal(this, () => readKeyMaterial(this, name, args));
    this.phases = createRotationPhases(this, name, desired, material, args);

    const reached = this.phases[lastRotationPhaseRun(this.phase, "retire")];
    this.keyOrder = reached.keyOrder;
    this.configHash = reached.configHash;
    this.objectsRewritten = this.phases.migrate.objectsRewritten;
    this.proofs = this.phases.migrate.proofs;
    this.registerOutputs({
      writeKey: this.writeKey,
      keyOrder: this.keyOrder,
      configHash: this.configHash,
      objectsRewritten: this.objectsRewritten,
    });
  }
}
