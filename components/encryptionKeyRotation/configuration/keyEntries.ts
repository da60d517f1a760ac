import type { Cipher, Key, Provider } from "./configuration";

/** One key with all that the file says of it: providers taken apart, in the order in which the API server tries them. */
export type KeyEntry =
  | { kind: Cipher; name: string; key: Key }
  | { kind: "identity"; name: "" }
  | { kind: "kms"; name: string; provider: Extract<Provider, { kind: "kms" }> };

export function keyEntriesOf(providers: readonly Provider[]): KeyEntry[] {
  return providers.flatMap((provider): KeyEntry[] => {
    if (provider.kind === "identity") return [{ kind: "identity", name: "" }];
    if (provider.kind === "kms") return [{ kind: "kms", name: provider.name, provider }];
    return provider.keys.map((key) => ({ kind: provider.kind, name: key.name, key }));
  });
}

/** Neighbours of one cipher share a provider: the order stays exactly as given. */
export function providersOfKeyEntries(atoms: readonly KeyEntry[]): Provider[] {
  const providers: Provider[] = [];
  for (const atom of atoms) {
    const last = providers[providers.length - 1];
    if (atom.kind === "identity") providers.push({ kind: "identity" });
    else if (atom.kind === "kms") providers.push(atom.provider);
    else if (last?.kind === atom.kind) last.keys.push(atom.key);
    else providers.push({ kind: atom.kind, keys: [atom.key] });
  }
  return providers;
}
