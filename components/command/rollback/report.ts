import type { Rollback } from "../../rollback/rollback";

/** What was decided about one CRD of one cluster. */
export interface RollbackReport extends Rollback {
  readonly context: string;
  readonly server: string;
  /** `Helm release mesh-system/mesh`; empty where nothing tells. */
  readonly manifestOf: string;
}
