import type { EncryptionConfiguration, Provider } from "../configuration/configuration";
import { keyEntriesOf, providersOfKeyEntries, type KeyEntry } from "../configuration/keyEntries";
import { isSameKeyName, type KeyName } from "../configuration/keyNames";
import { withOwnEntries } from "../configuration/ownEntries";
import { effectiveProviders } from "../configuration/effectiveKeys";

/** By pattern, which keys read it and in which order, by name alone: what may be recorded of a file in the cluster. */
export type Order = Readonly<Record<string, readonly OrderedKey[]>>;

interface OrderedKey extends KeyName {
  /** Of a KMS provider, where the file gave one. */
  timeout?: string;
}

export function keyOrdersToUndoTo(configuration: EncryptionConfiguration, patterns: readonly string[]): Order {
  const keyOf = (atom: KeyEntry): OrderedKey => {
    const timeout = atom.kind === "kms" ? atom.provider.timeout : undefined;
    return { kind: atom.kind, name: atom.name, ...(timeout !== undefined && { timeout }) };
  };
  return Object.fromEntries(
    patterns.map((pattern) => [pattern, keyEntriesOf(effectiveProviders(configuration, pattern)).map(keyOf)]),
  );
}

/**
 * The file with the keys in this order again: distribute and promote only add keys and rearrange them, so the file that they write holds the
 * bytes of every key that was there before, and no copy of it needs to lie anywhere. undefined: a key of that order is not in the file any
 * more, as after retire.
 */
export function undoEdit(written: EncryptionConfiguration, before: Order): EncryptionConfiguration | undefined {
  const changed = new Map<string, Provider[]>();
  for (const [pattern, keys] of Object.entries(before)) {
    const held = keyEntriesOf(effectiveProviders(written, pattern));
    const atoms = keys.flatMap((key) => keyEntryBeforeEdit(key, held));
    if (atoms.length < keys.length) return undefined;
    if (JSON.stringify(atoms) !== JSON.stringify(held)) changed.set(pattern, providersOfKeyEntries(atoms));
  }
  return changed.size === 0 ? written : withOwnEntries(written, changed);
}

function keyEntryBeforeEdit(key: OrderedKey, held: readonly KeyEntry[]): KeyEntry[] {
  if (key.kind === "identity") return [{ kind: "identity", name: "" }];
  const atom = held.find((each) => isSameKeyName(each, key));
  if (atom?.kind !== "kms") return atom === undefined ? [] : [atom];
  const { timeout: _, ...provider } = atom.provider;
  return [{ ...atom, provider: { ...provider, ...(key.timeout !== undefined && { timeout: key.timeout }) } }];
}
