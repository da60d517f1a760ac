import type { Found } from "../../crd/sources/collectDefinitions";

/** What OLD or NEW stands for. */
export interface Input {
  /** As it was given. */
  readonly given: string;
  readonly found: readonly Found[];
  /** The cluster, which has the CRDs that it was asked for, or has not. */
  readonly isLive: boolean;
}
