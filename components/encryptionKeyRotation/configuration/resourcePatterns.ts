import type { EncryptionConfiguration } from "./configuration";
import { type Resource } from "../../kubernetes/api";
import { qualifiedResourceName } from "../../kubernetes/resourceNames";

/** `secrets` is {group: "", resource: "secrets"}; `*.` is {group: "", resource: "*"}. */
export interface GroupResource {
  group: string;
  resource: string;
}

/** Split at the first dot, as the API server does (schema.ParseGroupResource). */
export function parseResourcePattern(text: string): GroupResource {
  const dot = text.indexOf(".");
  return dot < 0 ? { group: "", resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) };
}

/** One spelling for each: `secrets.` is `secrets`, every resource of the core group is `*.`. */
export function normalizePattern(text: string): string {
  const { group, resource } = parseResourcePattern(text);
  if (group !== "") return `${resource}.${group}`;
  return resource === "*" && text !== "*" ? "*." : resource;
}

/**
 * The patterns that can serve a resource, the one the API server takes first at the front. Objects of events.k8s.io are
 * stored as events of the core group.
 * https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go#L1030
 */
function candidates(resource: string): string[] {
  const normal = normalizePattern(resource);
  const { group } = parseResourcePattern(normal);
  if (group === "events.k8s.io") return candidates("events");
  return [...new Set([normal, `*.${group}`, "*.*"])];
}

/** The pattern of the file that serves a resource: its own name, else `*.GROUP`, else `*.*`; undefined: nothing, so it is plain. */
export function servingResourcePattern(configuration: EncryptionConfiguration, resource: string): string | undefined {
  const there = resourcePatternsOfConfiguration(configuration);
  return candidates(resource).find((each) => there.has(each));
}

/**
 * Which of these patterns a rotation reaches a resource by. With `*.*` desired, a resource with an earlier entry of its own in the
 * file is not reached: first match wins, and its keys are not ours to touch.
 */
export function reachingResourcePattern(
  live: EncryptionConfiguration,
  patterns: readonly string[],
  resource: string,
): string | undefined {
  const ours = new Set(patterns.map(normalizePattern));
  const there = resourcePatternsOfConfiguration(live);
  const serving = candidates(resource).find((each) => ours.has(each) || there.has(each));
  return serving !== undefined && ours.has(serving) ? serving : undefined;
}

export function isReachedByResourcePatterns(
  live: EncryptionConfiguration,
  patterns: readonly string[],
  resource: string,
): boolean {
  return reachingResourcePattern(live, patterns, resource) !== undefined;
}

export function resourcePatternsOfConfiguration({ entries }: EncryptionConfiguration): Set<string> {
  return new Set(entries.flatMap(({ resources }) => resources.map(normalizePattern)));
}

/** Does this wildcard cover custom resources? `*.*`, and a group with a dot: the group of every CRD has one. */
export function resourcePatternCoversCrds(pattern: string): boolean {
  return pattern === "*.*" || (pattern.startsWith("*.") && pattern.slice("*.".length).includes("."));
}

export function patternCovers(wildcard: string, pattern: string): boolean {
  if (wildcard === "*.*") return true;
  const [left, right] = [parseResourcePattern(wildcard), parseResourcePattern(pattern)];
  return left.resource === "*" && left.group === right.group;
}

export function isWildcardResourcePattern(pattern: string): boolean {
  return pattern.startsWith("*.");
}

/** As the API server reads them: k8s.io/apiserver pkg/server/options/encryptionconfig/config.go, transformerFromResource. */
export function resourcePatternMatches(pattern: string, resource: Pick<Resource, "group" | "plural">): boolean {
  if (pattern === "*.*") return true;
  if (isWildcardResourcePattern(pattern)) return pattern.slice("*.".length) === resource.group;
  return pattern === qualifiedResourceName(resource);
}
