import type { KubernetesObject } from "../kubernetes/api";
import type { ClusterWork } from "../kubernetes/cluster";
import type { Problem } from "../kubernetes/problem";
import type { ResourceSample } from "./resourceSample";

/** How the objects of a resource are migrated, be it a CRD that somebody else manages or a built-in one. */
export interface MigrationOptions {
  readonly migrator: "in-tree" | "direct";
  readonly requestTimeoutSeconds: number;
  readonly decommissionedServers: readonly string[];
}

/** Work on one cluster that has somewhere to say what is worth reading. */
export interface MigrationWork extends ClusterWork {
  readonly warn: (message: string) => void;
}

/** What there is to do for one resource. */
export interface ResourcePlan {
  /** metadata.name of the CRD, or the built-in resource's. */
  readonly name: string;
  /** Sentences keyed by from → to; empty when there is nothing to do. */
  readonly plan: readonly string[];
  /** The objects have to be rewritten and proven; false where managedFields alone are to be moved. */
  readonly rewrites: boolean;
  /** Why it is not done. */
  readonly refusal?: Problem;
  readonly sample: ResourceSample;
  /** Objects of the sample whose managedFields name versions that are not served. */
  readonly stale: readonly KubernetesObject[];
}

/** What became of one resource. */
export interface MigrationResult {
  /** Which versions are stored: status.storedVersions before → after, or the storage version of a built-in resource. */
  readonly stored: string;
  /** Objects proven to be stored in the storage version; undefined where nothing had to be rewritten. */
  readonly proven?: number;
  /** Of them, those whose bytes our own pass changed. */
  readonly rewritten?: number;
  /** One sentence. */
  readonly summary: string;
}
