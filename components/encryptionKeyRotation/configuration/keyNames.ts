import type { Cipher, Provider } from "./configuration";

/** A key by name: all that plans, messages and records may say of it. */
export interface KeyName {
  kind: Cipher | "identity" | "kms";
  /** Empty for identity. */
  name: string;
}

/** `secretbox:2026-11`, `identity`, `kms:vault`. */
export function keyLabel({ kind, name }: KeyName): string {
  return kind === "identity" ? kind : `${kind}:${name}`;
}

/**
 * What an object's bytes in etcd begin with when this key wrote them; empty for identity. KMS is v2 here.
 * https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go#L58
 */
export function etcdPrefix({ kind, name }: KeyName): string {
  if (kind === "identity") return "";
  return kind === "kms" ? `k8s:enc:kms:v2:${name}:` : `k8s:enc:${kind}:v1:${name}:`;
}

export function sameKey(left: KeyName, right: KeyName): boolean {
  return left.kind === right.kind && left.name === right.name;
}

/** Every key of a list of providers in the order in which the API server tries them: the first one writes. */
export function keysOf(providers: readonly Provider[]): KeyName[] {
  return providers.flatMap((provider): KeyName[] => {
    if (provider.kind === "identity") return [{ kind: "identity", name: "" }];
    if (provider.kind === "kms") return [{ kind: "kms", name: provider.name }];
    return provider.keys.map(({ name }) => ({ kind: provider.kind, name }));
  });
}
