import type { Resource } from "../kubernetes/api";
import type { Cluster } from "../kubernetes/cluster";

export interface RotatedResource extends Resource {
  /** As an EncryptionConfiguration names it: `secrets`, `databases.example.com`. */
  readonly name: string;
  /** kube-controller-manager's migrator can rewrite it: it follows objects through the garbage collector's watches. */
  readonly inTree: boolean;
}

/**
 * Every resource that these patterns name (`secrets`, `databases.example.com`, `*.`, `*.apps`, `*.*`), sorted by name.
 *
 * @throws UserError: one that is named is not served, cannot be rewritten, or belongs to an aggregated API with an etcd of its own
 */
export function enumerate(_patterns: readonly string[], _cluster: Cluster): Promise<RotatedResource[]> {
  throw new Error("to be written");
}

export interface Measured {
  readonly objects: number;
  readonly listResourceVersion: string;
}

/** How many objects there are, and a list's resourceVersion, at the price of one object's metadata. */
export function measure(_cluster: Cluster, _resource: Resource): Promise<Measured> {
  throw new Error("to be written");
}
