import { normalizePattern, parseResourcePattern, patternCovers } from "../configuration/resourcePatterns";

/** Kept in etcd by the API server for itself: no API serves them, so no transformer reaches them. */
const WITHOUT_API = ["apiserveripinfo", "serviceipallocations", "servicenodeportallocations"];

/**
 * What the API server refuses of one list of resources; anything refused keeps a server from starting.
 * https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation_encryption.go#L121
 */
export function resourceNames(resources: readonly string[], path: string): string[] {
  if (resources.length === 0) return [`${path}: found none; expected at least one resource, such as secrets`];
  const names = resources.flatMap((each, index) => {
    const problem = nameProblem(each);
    return problem === undefined ? [] : [`${path}[${index}]: found ${JSON.stringify(each)}; ${problem}`];
  });
  return [...names, ...overlaps(resources, path)];
}

function nameProblem(text: string): string | undefined {
  const { group, resource } = parseResourcePattern(text);
  if (text.toLowerCase() !== text) return "expected no capital letters: the plural, as kubectl api-resources lists it";
  if (text === "*") return "expected *. for every resource of the core group, or *.* for every resource";
  if (WITHOUT_API.includes(text)) return "it has no API, so it cannot be encrypted; remove it";
  if (group === "events.k8s.io") return "its objects are stored as events of the core group; expected events";
  if (group === "extensions") return "the group extensions is no longer served; expected the group that replaced it";
  if (group === "*" && resource !== "*") return "one resource across groups is not supported; expected RESOURCE.GROUP";
  if (resource === "") return "the resource is empty; expected RESOURCE or RESOURCE.GROUP";
  return undefined;
}

/** In one list nothing may stand twice or under a wildcard of the same list: one of the two would be masked. */
function overlaps(resources: readonly string[], path: string): string[] {
  const normal = resources.map(normalizePattern);
  const twice = [...new Set(normal.filter((each, index) => normal.indexOf(each) !== index))].sort();
  const all = [...new Set(normal)];
  const masked = all.flatMap((each) => {
    const wildcard = all.find((other) => other !== each && patternCovers(other, each));
    return wildcard === undefined ? [] : [`${path}: ${each} is already named by ${wildcard}; remove one of the two`];
  });
  return [...twice.map((each) => `${path}: ${each} stands there more than once; remove all but one`), ...masked];
}
