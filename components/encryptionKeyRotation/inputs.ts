import type { CommandBackupArgs } from "../backup/args";
import type { SharedInputs } from "../provider/inputs";
import type { KeyAcknowledgement } from "./args";
import type { EtcdArgs } from "./audit/etcdGateway";
import type { DesiredKeys } from "./desiredKeys";
import type { RotationPhaseName } from "./phase";
import type { TargetArgs } from "./targets";

/** What every phase of an EncryptionKeyRotation is told, besides its own inputs. No key material, but for distribute's. */
export interface RotationInputs extends SharedInputs {
  /** The component's name. */
  rotation: string;
  desired: DesiredKeys;
  targets: TargetArgs[];
  /** Namespace of the ConfigMap that holds the proofs. */
  recordIn: string;
  heldBy?: RotationPhaseName;
}

export interface DistributeInputs extends RotationInputs {
  /** base64 by key name (secret). */
  material: Record<string, string>;
  /** By archived name: a digest of the bytes that the state keeps (secret). */
  archived?: Record<string, string>;
  /** For the digest of the whole plan. */
  migrator: "in-tree" | "direct";
  maxKeyAgeDays?: number;
  audit?: EtcdArgs;
  /** What later phases act on, where it is given: here for the saved plan of `up --plan` alone. */
  stopAfter?: RotationPhaseName;
  compactionIntervalSeconds?: number;
  acknowledge?: KeyAcknowledgement[];
  requireAcknowledgement?: true;
  backup?: CommandBackupArgs;
}

export type PromoteInputs = RotationInputs;

export interface MigrateKeysInputs extends RotationInputs {
  migrator: "in-tree" | "direct";
}

export interface RetireInputs extends RotationInputs {
  compactionIntervalSeconds: number;
  audit?: EtcdArgs;
  /** Absent where nothing is acknowledged. */
  acknowledge?: KeyAcknowledgement[];
  /** Absent where it is not set. */
  requireAcknowledgement?: true;
  /** Absent where none is wanted. */
  backup?: CommandBackupArgs;
}

/** The configuration as a phase left it. */
export interface RotationOutputs {
  plan: string[];
  /** `sha256:…` of the file that every target holds. */
  configHash: string;
  /** By resource pattern: the keys that read it, in the API servers' order; the first one writes. */
  keyOrder: Record<string, string[]>;
}

export interface MigrateKeysOutputs extends RotationOutputs {
  /** Objects that were proven to be stored under the write key. */
  objectsRewritten?: number;
  /** By resource, its proof as JSON, as recorded in the cluster. */
  proofs?: Record<string, string>;
}
