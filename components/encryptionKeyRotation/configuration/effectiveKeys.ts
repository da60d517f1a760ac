import type { EncryptionConfiguration, Provider } from "./configuration";
import { type KeyName, keyNamesOf, isSameKeyName } from "./keyNames";
import { servingResourcePattern, normalizePattern } from "./resourcePatterns";
import { keyEntriesOf } from "./keyEntries";

/** The keys that read a resource, in the order in which the API server tries them; the first one writes. No entry: identity. */
export function effectiveKeyOrder(configuration: EncryptionConfiguration, resource: string): KeyName[] {
  return keyNamesOf(effectiveProviders(configuration, resource));
}

/** A resource named in several entries has the providers of all of them, one after the other. */
export function effectiveProviders(configuration: EncryptionConfiguration, resource: string): Provider[] {
  const serving = servingResourcePattern(configuration, resource);
  if (serving === undefined) return [{ kind: "identity" }];
  return configuration.entries
    .filter(({ resources }) => resources.some((each) => normalizePattern(each) === serving))
    .flatMap(({ providers }) => providers);
}

/**
 * Does a proof of this resource outlive our writing `after` over `before`? Yes where the write key is the same in both:
 * nothing can have been written with another. Record the proof again under the new file's hash then; plans count on it.
 */
export function isEffectiveWriteKeyKept(
  before: EncryptionConfiguration,
  after: EncryptionConfiguration,
  resource: string,
): boolean {
  const [was] = keyEntriesOf(effectiveProviders(before, resource));
  const [is] = keyEntriesOf(effectiveProviders(after, resource));
  if (was === undefined || is === undefined || !isSameKeyName(was, is)) return false;
  return !("key" in was) || !("key" in is) || was.key.secret === is.key.secret;
}
