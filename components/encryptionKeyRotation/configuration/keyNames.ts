import type { Cipher, Provider } from "./configuration";

/** A key by name: all that plans, messages and records may say of it. */
export interface KeyName {
  kind: Cipher | "identity" | "kms";
  /** Empty for identity. */
  name: string;
}

/** `secretbox:2026-11`, `identity`, `kms:vault`. */
export function labelKeyName({ kind, name }: KeyName): string {
  return kind === "identity" ? kind : `${kind}:${name}`;
}

export function isSameKeyName(left: KeyName, right: KeyName): boolean {
  return left.kind === right.kind && left.name === right.name;
}

/** Every key of a list of providers in the order in which the API server tries them: the first one writes. */
export function keyNamesOf(providers: readonly Provider[]): KeyName[] {
  return providers.flatMap((provider): KeyName[] => {
    if (provider.kind === "identity") return [{ kind: "identity", name: "" }];
    if (provider.kind === "kms") return [{ kind: "kms", name: provider.name }];
    return provider.keys.map(({ name }) => ({ kind: provider.kind, name }));
  });
}

/** `vault` of `kms:vault`; undefined for every other kind of key. */
export function kmsKeyNameOfLabel(writeKey: string): string | undefined {
  return writeKey.startsWith("kms:") ? writeKey.slice("kms:".length) : undefined;
}
