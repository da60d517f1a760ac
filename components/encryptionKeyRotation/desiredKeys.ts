import type { Cipher, EncryptionConfiguration, Provider } from "./configuration/configuration";
import { isSameKeyName, type KeyName } from "./configuration/keyNames";
import { effectiveProviders } from "./configuration/effectiveKeys";

/** A key as the arguments name it; `"identity"` is the pseudo key of plain data. */
export type KeyInput = string | NamedKeyInput | { kms: KmsInput };

export interface NamedKeyInput {
  name: string;
  /** Default: the rotation's; a name of `read` that the file holds under another one keeps that. */
  cipher?: Cipher | undefined;
  /** Only whether there is one counts here: material goes its own way. */
  secret?: unknown;
}

export interface KmsInput {
  name: string;
  /** `unix:///…`: the plugin's socket on each API server's host. Needed wherever the rotation has targets. */
  endpoint?: string | undefined;
  timeout?: string | undefined;
}

export interface KeysInput {
  write?: KeyInput | undefined;
  read?: readonly KeyInput[] | undefined;
  archive?: readonly string[] | undefined;
}

export interface RotationInput {
  resources: readonly string[];
  keys: KeysInput;
  cipher?: Cipher | undefined;
  /** No target: the file cannot be reached, and all keys are those of KMS plugins. */
  fileless?: boolean | undefined;
}

/** What the arguments ask for, without any key material. */
export interface DesiredKeys {
  /** As the API server writes them: `secrets`, `databases.example.com`, `*.`, `*.apps`, `*.*`. */
  resources: string[];
  write: DesiredKey;
  /** Stay readable after retire. */
  read: DesiredKey[];
  /** Names whose material is kept for old backups of etcd; in no server's file. */
  archive: string[];
}

export type DesiredKey =
  | {
      kind: Cipher;
      name: string;
      /** The arguments name this cipher for this very key. */
      pinned: boolean;
      /** The arguments bring the key's bytes. */
      given: boolean;
    }
  | { kind: "identity"; name: "" }
  | { kind: "kms"; name: string; endpoint: string; timeout?: string };

/** The same with each name of `read` under the cipher, or the ciphers, under which our entries of the file hold it. */
export function resolveDesiredKeys(desired: DesiredKeys, live: EncryptionConfiguration): DesiredKeys {
  const there = providersOfDesiredResources(desired, live).flatMap(asDesired);
  const read = desired.read.flatMap((key) => {
    if (key.kind === "identity" || key.kind === "kms" || key.pinned) return [key];
    const held = there.filter((each) => each.name === key.name && each.kind !== "identity");
    return held.length === 0 ? [key] : unique(held).map((each) => ({ ...each, given: key.given }));
  });
  return { ...desired, read };
}

/** The local keys that no entry of ours holds yet: distribute must be given their material. */
export function missingDesiredKeys(desired: DesiredKeys, live: EncryptionConfiguration): KeyName[] {
  const { write, read } = resolveDesiredKeys(desired, live);
  const there = providersOfDesiredResources(desired, live).flatMap(asDesired);
  return [write, ...read]
    .filter(({ kind }) => kind !== "identity" && kind !== "kms")
    .filter((key) => !there.some((each) => isSameKeyName(each, key)))
    .map(({ kind, name }) => ({ kind, name }));
}

/** The providers of every pattern of ours, as the file has them now. */
export function providersOfDesiredResources(desired: DesiredKeys, live: EncryptionConfiguration): Provider[] {
  return desired.resources.flatMap((pattern) => effectiveProviders(live, pattern));
}

function asDesired(provider: Provider): DesiredKey[] {
  if (provider.kind === "identity") return [{ kind: "identity", name: "" }];
  if (provider.kind === "kms") {
    const { name, endpoint, timeout } = provider;
    return [{ kind: "kms", name, endpoint, ...(timeout !== undefined && { timeout }) }];
  }
  return provider.keys.map(({ name }) => ({ kind: provider.kind, name, pinned: true, given: false }));
}

function unique(keys: readonly DesiredKey[]): DesiredKey[] {
  return keys.filter((key, index) => keys.findIndex((each) => isSameKeyName(each, key)) === index);
}
