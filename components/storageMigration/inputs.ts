import type { SharedInputs } from "../provider/inputs";

/** What the resource of one name or pattern is told. */
export interface MigrationInputs extends SharedInputs {
  /** As given: `ciliumnodes.cilium.io`, `*.cilium.io`, `secrets`. */
  resource: string;
  migrator: "in-tree" | "direct";
}

/** The cluster's state as the last run that had something to do left it. */
export interface MigrationOutputs {
  /** What the run set out to do, sentence by sentence; known in preview. */
  plan: string[];
  /** By CRD: status.storedVersions. */
  storedVersions: Record<string, string[]>;
}
