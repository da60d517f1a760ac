import type { EncryptionConfiguration, Provider } from "./configuration";
import { keysOf, type KeyName } from "./keyNames";

/** `secrets` is {group: "", resource: "secrets"}; `*.` is {group: "", resource: "*"}. */
export interface GroupResource {
  group: string;
  resource: string;
}

/** Split at the first dot, as the API server does (schema.ParseGroupResource). */
export function parseGroupResource(text: string): GroupResource {
  const dot = text.indexOf(".");
  return dot < 0 ? { group: "", resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) };
}

/** One spelling for each: `secrets.` is `secrets`, every resource of the core group is `*.`. */
export function normalPattern(text: string): string {
  const { group, resource } = parseGroupResource(text);
  if (group !== "") return `${resource}.${group}`;
  return resource === "*" && text !== "*" ? "*." : resource;
}

/**
 * The patterns that can serve a resource, the one the API server takes first at the front. Objects of events.k8s.io are
 * stored as events of the core group.
 * https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go#L1030
 */
function candidates(resource: string): string[] {
  const normal = normalPattern(resource);
  const { group } = parseGroupResource(normal);
  if (group === "events.k8s.io") return candidates("events");
  return [...new Set([normal, `*.${group}`, "*.*"])];
}

/** The pattern of the file that serves a resource: its own name, else `*.GROUP`, else `*.*`; undefined: nothing, so it is plain. */
function servingPattern(configuration: EncryptionConfiguration, resource: string): string | undefined {
  const there = patternsOf(configuration);
  return candidates(resource).find((each) => there.has(each));
}

/**
 * Which of these patterns a rotation reaches a resource by. With `*.*` desired, a resource with an earlier entry of its own in the
 * file is not reached: first match wins, and its keys are not ours to touch.
 */
export function ourPattern(
  live: EncryptionConfiguration,
  patterns: readonly string[],
  resource: string,
): string | undefined {
  const ours = new Set(patterns.map(normalPattern));
  const there = patternsOf(live);
  const serving = candidates(resource).find((each) => ours.has(each) || there.has(each));
  return serving !== undefined && ours.has(serving) ? serving : undefined;
}

export function isOurs(live: EncryptionConfiguration, patterns: readonly string[], resource: string): boolean {
  return ourPattern(live, patterns, resource) !== undefined;
}

/** The keys that read a resource, in the order in which the API server tries them; the first one writes. No entry: identity. */
export function keyOrder(configuration: EncryptionConfiguration, resource: string): KeyName[] {
  return keysOf(effectiveProviders(configuration, resource));
}

/** A resource named in several entries has the providers of all of them, one after the other. */
export function effectiveProviders(configuration: EncryptionConfiguration, resource: string): Provider[] {
  const serving = servingPattern(configuration, resource);
  if (serving === undefined) return [{ kind: "identity" }];
  return configuration.entries
    .filter(({ resources }) => resources.some((each) => normalPattern(each) === serving))
    .flatMap(({ providers }) => providers);
}

export function patternsOf({ entries }: EncryptionConfiguration): Set<string> {
  return new Set(entries.flatMap(({ resources }) => resources.map(normalPattern)));
}

/** Does this wildcard cover custom resources? `*.*`, and a group with a dot: the group of every CRD has one. */
export function coversCrds(pattern: string): boolean {
  return pattern === "*.*" || (pattern.startsWith("*.") && pattern.slice("*.".length).includes("."));
}
