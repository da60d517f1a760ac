import type { KubernetesObject } from "./api";
import type { Cluster } from "./cluster";
import { hasErrorStatus } from "./errors";
import { withRetries } from "./retry";

/** A record that did not move for this long, as seen by us, belongs to someone who died. */
export const LEASE_SECONDS = 15;
/** A write that takes longer may land when the hold it was to prolong is over. */
export const WRITE_SECONDS = 4;
const RELEASE_SECONDS = 5;

const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

export interface Lease extends KubernetesObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

export async function readLease(
  cluster: Cluster,
  name: string,
  { seconds = WRITE_SECONDS, urgent = true } = {},
): Promise<Lease | undefined> {
  try {
    return await cluster.call<Lease>({
      method: "GET",
      path: `${LEASES}/${name}`,
      urgent,
      timeoutSeconds: Math.min(WRITE_SECONDS, seconds),
    });
  } catch (error) {
    if (hasErrorStatus(error, 404)) return undefined;
    throw error;
  }
}

/** Writes us in as the holder, or returns undefined when another writer came first. */
export async function takeLease(
  cluster: Cluster,
  crd: string,
  identity: string,
  old: Lease | undefined,
): Promise<Lease | undefined> {
  const spec = {
    holderIdentity: identity,
    leaseDurationSeconds: LEASE_SECONDS,
    acquireTime: microTime(),
    renewTime: microTime(),
    leaseTransitions: (old?.spec?.leaseTransitions ?? 0) + 1,
  };
  try {
    if (old !== undefined) return await replaceLease(cluster, { ...old, spec });
    const metadata = { name: leaseName(crd), namespace: "kube-system" };
    const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
    const request = { method: "POST", path: LEASES, body, urgent: true, timeoutSeconds: WRITE_SECONDS } as const;
    return await cluster.call<Lease>(request);
  } catch (error) {
    if (hasErrorStatus(error, 409)) return undefined;
    throw error;
  }
}

export function renewLease(cluster: Cluster, lease: Lease, timeoutSeconds: number): Promise<Lease> {
  return replaceLease(cluster, { ...lease, spec: { ...lease.spec, renewTime: microTime() } }, { timeoutSeconds });
}

/** Frees it for whoever comes next. */
export async function releaseLease(cluster: Cluster, lease: Lease): Promise<void> {
  try {
    const free = { ...lease, spec: { ...lease.spec, holderIdentity: "" } };
    // Worth a few tries: the next phase of this very program would wait for LEASE_SECONDS.
    await withRetries({ seconds: RELEASE_SECONDS }, () => replaceLease(cluster, free, { urgent: false }));
  } catch {
    // Then it is released by its age: the work is done, and this must not make it fail.
  }
}

/** With its resourceVersion in it, so that a later write of someone else's is never overwritten. */
function replaceLease(
  cluster: Cluster,
  lease: Lease,
  { timeoutSeconds = WRITE_SECONDS, urgent = true } = {},
): Promise<Lease> {
  const path = `${LEASES}/${lease.metadata.name}`;
  return cluster.call<Lease>({ method: "PUT", path, body: lease, urgent, timeoutSeconds });
}

export function leaseName(crd: string): string {
  return `storage-migration-${crd}`;
}

/** metav1.MicroTime wants exactly six digits. */
function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}

/** Without the random part. */
export function leaseHolderOf(identity: string): string {
  return identity.replace(/ [0-9a-f]{8}$/, "");
}
