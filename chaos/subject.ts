import type { Cluster } from "../local/cluster/cluster";

/** A Kubernetes object as a client sees it. */
export interface KubernetesObject {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    labels?: Record<string, string>;
  };
  [field: string]: unknown;
}

/** What the objects of a run are, and what is done to them. */
export interface Subject {
  /** The Lease of the lock, as etcd has its key. */
  readonly lease: string;
  /** Where etcd has the objects. */
  readonly prefix: string;
  /** Versions through which clients ask, the one that may go first. */
  readonly versions: readonly [string, ...string[]];
  path(version: string, name?: string): string;
  body(version: string, name: string, value: string): object;
  /** The same object with another value, for a PUT. */
  changed(version: string, object: KubernetesObject, value: string): object;
  /** A merge patch that sets the value. */
  patch(version: string, value: string): object;
  valueOf(version: string, object: KubernetesObject): string;
  /** Arguments of the component before the run, and in it. */
  readonly before: object;
  readonly args: object;
  /** What is not as it must be once the run is over, in etcd's own bytes above all. */
  findWrong(cluster: Cluster): Promise<string[]>;
  /** A failure of a client's that nothing explains, whatever fault there was. */
  readonly neverExplained: RegExp;
  /** What admission calls it. */
  readonly rule: { apiGroups: string[]; apiVersions: string[]; resources: string[] };
}
