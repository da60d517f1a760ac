import type { EncryptionConfiguration } from "./configuration";
import type { KeyName } from "./keyNames";

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

/** The pattern of the file that serves a resource: its own name, else `*.GROUP`, else `*.*`; undefined: nothing, so it is plain. */
export function servingPattern(configuration: EncryptionConfiguration, resource: string): string | undefined {
  throw new Error(`not yet: ${configuration.entries.length} ${resource}`);
}

/**
 * Is this resource one that a rotation of these patterns reaches? With `*.*` wanted, a resource with an earlier entry of its own
 * in the file is not: first match wins, and its keys are not ours to touch.
 */
export function isOurs(live: EncryptionConfiguration, patterns: readonly string[], resource: string): boolean {
  throw new Error(`not yet: ${live.entries.length} ${patterns.join()} ${resource}`);
}

/** The keys that read a resource, in the order in which the API server tries them; the first one writes. No entry: identity. */
export function keyOrder(configuration: EncryptionConfiguration, resource: string): KeyName[] {
  throw new Error(`not yet: ${configuration.entries.length} ${resource}`);
}
