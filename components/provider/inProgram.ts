const CRDS = Symbol.for("kubernetes-storage-migration/crds-in-program");

/**
 * CRDs that a component of the running program has, each with the identities of the clusters it has it on.
 *
 * The engine also deletes what it has just made: the old half of a replacement (`--replace`, `pulumi state taint`), and a
 * component that moved to another URN without an alias. A provider is not told why it is asked to delete; but it was asked to
 * check the resource that stays, in the same process. `pulumi destroy` checks none, with --run-program neither:
 * https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step_generator.go (destroyMode)
 */
const crds = ofThisProcess();

/** @param clusterId undefined where it is not known: then it may be any */
export function noteInProgram(crd: string, clusterId: string | undefined): void {
  crds.set(crd, (crds.get(crd) ?? new Set()).add(clusterId));
}

/** Has the program that is running, or may it have, this CRD on this cluster? */
export function isInProgram(crd: string, clusterId: string | undefined): boolean {
  const found = crds.get(crd);
  return found !== undefined && (clusterId === undefined || found.has(clusterId) || found.has(undefined));
}

/** Shared by all copies of this package: what moved into a company's wrapper package may have been made by another one. */
function ofThisProcess(): Map<string, Set<string | undefined>> {
  const shared = globalThis as { [CRDS]?: Map<string, Set<string | undefined>> };
  return (shared[CRDS] ??= new Map());
}
