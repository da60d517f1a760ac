import type { BackupArgs } from "../backup/args";
import type { Acknowledgement } from "../compatibility/acknowledgements";
import type { Conversion, Definition } from "../crd/definition";
import type { SharedInputs } from "../provider/inputs";
import type { PhaseLogic } from "../provider/phaseLogic";
import type { PhaseName } from "./phase";

/** What every phase of a VersionedCRD is told, besides its own inputs. */
export interface PhaseInputs extends SharedInputs {
  /** metadata.name of the CRD. */
  crd: string;
  group: string;
  plural: string;
  kind: string;
  heldBy?: PhaseName;
  /** Absent where nothing is acknowledged. */
  acknowledge?: Acknowledgement[];
}

/** The cluster's state as a phase left it. */
export interface PhaseOutputs {
  /** What the phase set out to do, sentence by sentence; known in preview. */
  plan: string[];
  storageVersion: string;
  storedVersions: string[];
}

/** One phase of a rollout, over the live definition; undefined while there is none. */
export type RolloutPhase<Inputs extends PhaseInputs, Outputs extends PhaseOutputs = PhaseOutputs> = PhaseLogic<
  Inputs,
  Outputs,
  Definition | undefined
>;

export interface ServeInputs extends PhaseInputs {
  manifest: Definition;
  /** Versions the whole plan speaks of, for its digest. */
  storage: string;
  migrator: "in-tree" | "direct";
  owner: string;
  /** `recreate` of the component, where it is true. */
  recreate?: boolean;
  /** Absent where nothing is to be taken over: states from before it was there stay as they are. */
  takeOverFrom?: string[];
  /** Absent for `retain`. */
  onDelete?: "delete" | "delete-with-objects";
  /** What later phases act on, where it is given: here for the saved plan of `up --plan` alone. */
  stopAfter?: PhaseName;
  ownerReferences?: "refuse" | "rewrite";
  skipOwnerSearch?: string[];
  requireAcknowledgement?: true;
  backup?: BackupArgs;
  /** The state was Pulumi's official resource until now. */
  __adopts?: boolean;
  /** The owner as the state has it, where it is another one. */
  __formerOwner?: string;
  /** The CRD was there when this was planned: a run that fails records no outputs that could say so. */
  __found?: true;
}

export interface RehearseInputs extends PhaseInputs {
  version: string;
  schema: string;
  /** The manifest's versions, true where served. */
  versions: Record<string, boolean>;
  stopsHere: boolean;
}

export interface StoreInputs extends PhaseInputs {
  version: string;
}

export interface MigrateInputs extends PhaseInputs {
  version: string;
  migrator: "in-tree" | "direct";
  /** The manifest's versions, true where served. */
  versions: Record<string, boolean>;
}

export interface DropInputs extends PhaseInputs {
  /** The versions that stay. */
  versions: string[];
  /** What to do about objects whose ownerReferences name a version that goes. */
  ownerReferences: "refuse" | "rewrite";
  /** Resources in which no object is owned at a version that goes, by the user's word. */
  skipOwnerSearch: string[];
  /** Absent where it is not set. */
  requireAcknowledgement?: true;
  /** Absent where none is wanted. */
  backup?: BackupArgs;
  /** The conversion that stays; null for none. */
  conversion: Conversion | null;
}

export interface MigrateOutputs extends PhaseOutputs {
  /** Objects the last migration proved to be stored in the new version, rewritten or found so; absent while none has run. */
  objectsRewritten?: number;
  /** The proof as recorded on the CRD, as JSON; absent while none was needed. */
  proof?: string;
}
