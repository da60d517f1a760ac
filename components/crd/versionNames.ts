/** The parts of v1, v1beta2, v2alpha1. */
export interface VersionName {
  readonly major: number;
  readonly stage: "alpha" | "beta" | "stable";
  /** 0 for a stable version. */
  readonly minor: number;
}

const STAGES = ["alpha", "beta", "stable"];

/** undefined for a name that is none of Kubernetes' own form. */
export function parseVersionName(name: string): VersionName | undefined {
  const [, major, stage = "stable", minor = "0"] = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(name) ?? [];
  if (major === undefined) return undefined;
  return { major: Number(major), stage: stage as VersionName["stage"], minor: Number(minor) };
}

/** v1alpha1 < v1beta1 < v1 < v2alpha1 < v2: as they come to be, which is not the order in which the API server prefers them. */
export function compareVersionNames(first: string, second: string): number {
  const [one, other] = [rank(first), rank(second)];
  return one.major - other.major || one.stage - other.stage || one.minor - other.minor || (first < second ? -1 : 1);
}

/** Did it come after the other one? */
export function isNewerVersion(name: string, than: string): boolean {
  return name !== than && compareVersionNames(name, than) > 0;
}

function rank(name: string): { major: number; stage: number; minor: number } {
  const { major, stage, minor } = parseVersionName(name) ?? { major: 0, stage: "stable", minor: 0 };
  return { major, stage: STAGES.indexOf(stage), minor };
}

/**
 * Of these names the one that the API server puts first, and that whoever names no version is given: v10, v2, v1, v11beta2,
 * v3beta1, v12alpha1, then all other names in the order of the alphabet.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority
 */
export function preferredVersion(names: readonly string[]): string | undefined {
  return [...names].sort(byPriority)[0];
}

function byPriority(left: string, right: string): number {
  const [mine, others] = [priorityOfVersion(left), priorityOfVersion(right)];
  const index = mine.findIndex((part, position) => part !== others[position]);
  if (index < 0) return left < right ? -1 : 1;
  return (others[index] ?? 0) - (mine[index] ?? 0);
}

function priorityOfVersion(name: string): [known: number, stage: number, major: number, minor: number] {
  const parsed = parseVersionName(name);
  return parsed === undefined ? [0, 0, 0, 0] : [1, STAGES.indexOf(parsed.stage), parsed.major, parsed.minor];
}
