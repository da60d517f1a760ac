/** Every object of one built-in resource was rewritten on every API server. */
export interface BuiltInProof {
  /** uid of namespace kube-system; empty where it may not be read. */
  readonly cluster: string;
  /** `secrets`, `horizontalpodautoscalers.autoscaling`. */
  readonly resource: string;
  /** `v2`. */
  readonly storageVersion: string;
  /** What every API server showed in discovery. A cluster upgrade that stores another version shows another one. */
  readonly storageVersionHash: string;
  /** Of the list whose every name was rewritten. A live one below it is an etcd from before the proof. */
  readonly resourceVersion: string;
  readonly objects: number;
  /** Addresses of the API servers that agreed; empty where they cannot be distinguished. */
  readonly servers: readonly string[];
  /** Evidence that could not be had, in sentences. */
  readonly missing: readonly string[];
}

export interface BuiltInProofFacts {
  /** uid of namespace kube-system; empty where it may not be read. */
  readonly cluster: string;
  readonly hash: string;
  /** resourceVersion of a list taken now; undefined while nothing can be listed. */
  readonly listed?: string | undefined;
}

/** Nothing but the present storage version can be in etcd. Pure. */
export function isBuiltInProven(
  proof: BuiltInProof | undefined,
  { cluster, hash, listed }: BuiltInProofFacts,
): boolean {
  if (proof?.cluster !== cluster || proof.storageVersionHash !== hash) return false;
  if (!/^\d+$/.test(proof.resourceVersion)) return false;
  return listed === undefined || (/^\d+$/.test(listed) && BigInt(listed) >= BigInt(proof.resourceVersion));
}

/** Damaged by hand is as good as none. */
export function parseBuiltInProof(text: string | undefined): BuiltInProof | undefined {
  try {
    const value = JSON.parse(text ?? "null") as BuiltInProof | null;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
