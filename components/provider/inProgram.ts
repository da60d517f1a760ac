const RESOURCES = Symbol.for("kubernetes-storage-migration/resources-in-program");

interface InProgram {
  phase: string;
  /** Undefined where it is not known: then it may be any. */
  clusterId: string | undefined;
}

/**
 * What the phases of the running program are about, by id (a CRD's name) and by URN.
 *
 * The engine also deletes what it has just made: the old half of a replacement (`--replace`, `pulumi state taint`), and a
 * component that moved to another URN without an alias. A provider is not told why it is asked to delete; but it was asked to
 * check the resource that stays, in the same process. `pulumi destroy` checks none, with --run-program neither:
 * https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step_generator.go (destroyMode)
 */
const resources = ofThisProcess();

export function noteInProgram(id: string, urn: string, found: InProgram): void {
  resources.set(id, (resources.get(id) ?? new Map<string, InProgram>()).set(urn, found));
}

/** Has the program that is running, or may it have, this CRD on this cluster? */
export function isInProgram(id: string, clusterId: string | undefined): boolean {
  const found = [...(resources.get(id)?.values() ?? [])];
  return found.some((each) => each.clusterId === clusterId || each.clusterId === undefined || clusterId === undefined);
}

/**
 * Two components of the program, by name, whose resources are the same phase of the same thing on the same cluster, where that is
 * known: the other one first.
 */
export function twinInProgram(
  id: string,
  urn: string,
  { phase, clusterId }: InProgram,
): readonly [string, string] | undefined {
  const found = clusterId === undefined ? [] : [...(resources.get(id) ?? [])];
  const twin = found.find(([other, each]) => other !== urn && each.phase === phase && each.clusterId === clusterId);
  return twin && [componentName(twin[0], phase), componentName(urn, phase)];
}

/** A phase is called after its component. */
function componentName(urn: string, phase: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2).replace(new RegExp(`-${phase}$`), "");
}

/** Shared by all copies of this package: what moved into a company's wrapper package may have been made by another one. */
function ofThisProcess(): Map<string, Map<string, InProgram>> {
  const shared = globalThis as { [RESOURCES]?: Map<string, Map<string, InProgram>> };
  return (shared[RESOURCES] ??= new Map());
}
