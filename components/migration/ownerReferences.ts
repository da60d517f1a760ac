/** The owner whose versions are about to go: `ownerReferences` name it by apiVersion and kind. */
export interface DroppedOwner {
  /** `group/version` of each version that goes. */
  readonly apiVersions: readonly string[];
  readonly kind: string;
}

export interface OwnerReference {
  apiVersion?: string;
  kind?: string;
  name?: string;
  uid?: string;
}

/** What the search through every resource of the cluster came to. */
export interface OwnersFound {
  /** Objects that name a dropped version as their owner's. */
  readonly found: number;
  /** The first ten: `deployments.apps namespace/name`. */
  readonly named: readonly string[];
  /** Resources that could not be searched, each with why. */
  readonly unsearched: readonly Unsearched[];
}

export interface Unsearched {
  /** `secrets`, `deployments.apps`, or `*.GROUP` where not even discovery answered. */
  readonly resource: string;
  readonly why: string;
}

/**
 * Which of an object's owner references name a version that goes.
 *
 * The garbage collector resolves an owner by its apiVersion: with that version gone (tried: unserved is enough) the object is
 * never collected, and a foreground delete of its owner hangs. k8s.io/kubernetes pkg/controller/garbagecollector/operations.go
 */
export function droppedOwnerReferences(
  references: readonly OwnerReference[] | undefined,
  owner: DroppedOwner,
): number[] {
  return (references ?? []).flatMap(({ apiVersion, kind }, index) =>
    kind === owner.kind && apiVersion !== undefined && owner.apiVersions.includes(apiVersion) ? [index] : [],
  );
}
