import type { Cluster } from "../../components/kubernetes/cluster";
import type { Cluster as LocalCluster } from "../../local/cluster/cluster";

/** What a subject finds: every object is in the old version, or under the old key. */
export interface Stage {
  readonly local: LocalCluster;
  readonly cluster: Cluster;
  /** The storage version of custom resources; of Secrets the only one. */
  readonly resource: { readonly group: string; readonly plural: string; readonly version: string };
  /** Of Secrets: what every API server runs with. */
  readonly encryption?: { readonly file: string; readonly writeKey: string };
}

/** One way to bring all objects to the new version or key. */
export interface Subject {
  readonly name: string;
  /** At its end there is evidence from outside of it that no object was left out. */
  readonly proves: boolean;
  /** It is made for CRDs alone. */
  readonly onlyCrds?: boolean;
  /** What has to be there before, and is not measured. */
  prepare?(stage: Stage): Promise<void>;
  run(stage: Stage): Promise<void>;
}

/** A control plane with objects that can be made stale as often as wanted. */
export interface Case {
  readonly name: string;
  readonly local: LocalCluster;
  /** Flips the storage version or the key; the objects in etcd stay as they are. */
  makeStale(): Promise<Stage>;
  /** How many objects etcd holds, and how many of them not in the version or under the key of the last flip. */
  countStored(): Promise<Stored>;
  end(): Promise<void>;
}

export interface Stored {
  readonly objects: number;
  readonly left: number;
}

/** Who could not take part, and why. */
export interface Absent {
  readonly name: string;
  readonly why: string;
}
