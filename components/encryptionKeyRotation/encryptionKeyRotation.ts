import * as pulumi from "@pulumi/pulumi";
import { whyClusterUnknown } from "../provider/clusterChoice";
import { withRefusal, refusal } from "../provider/refusal";
import { checkRotationArgs, type EncryptionKeyRotationArgs, type KeyArgs } from "./args";
import { labelKeyName } from "./configuration/keyNames";
import { createRotationPhases } from "./createPhases";
import type { KeyInput, DesiredKeys } from "./desiredKeys";
import { readKeyMaterial } from "./keyMaterial";
import { ROTATION_PHASES, type RotationPhase, type RotationPhaseName } from "./phase";
import { readDesiredKeys } from "./readDesiredKeys";

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
    const desired = withRefusal(this, () => wantedOf(args));
    this.phase = args.stopAfter ?? "retire";
    this.writeKey = labelKeyName(desired.write);
    this.phases = createRotationPhases(this, name, desired, readKeyMaterial(this, name, args), args);

    const reached = this.phases[latest(this.phase, "retire")];
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

/** Names and ciphers alone: what a key is made of goes another way. */
function wantedOf({ resources, keys, cipher, targets }: EncryptionKeyRotationArgs): DesiredKeys {
  const bare = (key: KeyArgs): KeyInput => {
    if (typeof key !== "object" || key === null || !("name" in key)) return key;
    const { name, cipher: own = cipher ?? "secretbox", secret } = key;
    if (secret === undefined && key.cipher === undefined) return name;
    return { name, cipher: own, ...(secret !== undefined && { secret: "given" }) };
  };
  return readDesiredKeys({
    resources,
    keys: {
      write: keys?.write === undefined ? undefined : bare(keys.write),
      read: keys?.read?.map(bare),
      archive: keys?.archive,
    },
    cipher,
    fileless: Array.isArray(targets) && targets.length === 0,
  });
}

/** The last phase that ran and edits the file: what a held phase recorded may be from before. */
function latest(stopAfter: RotationPhaseName, edits: RotationPhaseName): RotationPhaseName {
  return ROTATION_PHASES.indexOf(stopAfter) < ROTATION_PHASES.indexOf(edits) ? stopAfter : edits;
}
