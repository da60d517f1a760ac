import { compareVersionNames, parseVersionName, type VersionName } from "../../crd/versionNames";

/**
 * Whether the name of a new version fits what changed in it.
 *
 * https://kubernetes.io/docs/reference/using-api/deprecation-policy/#deprecating-parts-of-the-api
 *
 * @param follows the version before it
 * @param breaks what would break clients of `follows`, had its schema stayed below the old name
 * @param released the newest version of OLD
 */
export function judgeNewVersionName(
  name: string,
  follows: string,
  breaks: number,
  released: string | undefined,
): string {
  const [version, previous] = [parseVersionName(name), parseVersionName(follows)];
  if (version === undefined)
    return `${name} is not of the form v1, v1beta1, v1alpha1: clients sort it after all that are`;
  if (released !== undefined && compareVersionNames(name, released) < 0) {
    return `${name} comes before ${released}, which is there already: a new version should be the newest`;
  }
  if (previous === undefined) return `${name} fits: ${follows} is not of the form v1, v1beta1, v1alpha1`;
  if (version.major === previous.major) return `${name} fits: it may change what ${follows} has`;
  if (version.major > previous.major + 1) return `${name} leaves out v${previous.major + 1}`;
  if (version.stage !== "stable") return `${name} fits: it may still change on its way to v${version.major}`;
  if (previous.stage !== "stable") return `${name} leaves out v${previous.major}: ${follows} never became stable`;
  return breaks > 0
    ? `${name} fits: ${describeBreaks(breaks)} would break clients of ${follows}`
    : `${name} was not needed: no change would break clients of ${follows}, which could have taken them`;
}

/** What a version that keeps its name must not do; undefined where all is well. */
export function judgeKeptVersionName(name: string, breaks: number): string | undefined {
  if (breaks === 0) return undefined;
  const version = parseVersionName(name);
  if (version?.stage === "alpha") return `${describeBreaks(breaks)} would break clients: an alpha version may do so`;
  const next = version === undefined ? "" : `, ${nameAfter(version)}`;
  return `${describeBreaks(breaks)} would break clients of ${name}: needs a new version${next}`;
}

function nameAfter({ major, stage, minor }: VersionName): string {
  return stage === "stable" ? `v${major + 1}` : `v${major}${stage}${minor + 1}`;
}

function describeBreaks(breaks: number): string {
  return breaks === 1 ? "one change" : `${breaks} changes`;
}
