import type { Caller, KubernetesList, KubernetesObject } from "./api";
import { UserError } from "./errors";
import type { Problem } from "./problem";
import type { Work } from "./report";
import { sharedWhileFresh } from "./sharedForSeconds";
import { unlessAborted } from "./abort";

/**
 * kube-apiserver renews its identity Lease every 10 s (k8s.io/kubernetes pkg/controlplane/apiserver/server.go,
 * IdentityLeaseRenewIntervalPeriod); three of them missed, and a bit, is not a slow disk any more.
 */
const STALE_AFTER_MS = 45_000;
const POLL_MS = 1_000;

/** One kube-apiserver process as it announces itself. */
export interface IdentityLease {
  readonly name: string;
  readonly host: string;
  readonly resourceVersion: string;
  /** Contains a uuid that is new with every start of the process. */
  readonly holder: string;
}

interface Lease extends KubernetesObject {
  spec?: { holderIdentity?: string };
}

/** Every identity Lease there is: a clean exit deletes it, so a stale one is a server that may come back. */
export async function listIdentityLeases(caller: Caller): Promise<IdentityLease[]> {
  const list = await caller.call<KubernetesList<Lease>>({
    method: "GET",
    path: "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
    query: { labelSelector: "apiserver.kubernetes.io/identity=kube-apiserver" },
  });
  return (list.items ?? []).map(({ metadata, spec }) => ({
    name: metadata.name,
    host: metadata.labels?.["kubernetes.io/hostname"] ?? metadata.name,
    resourceVersion: metadata.resourceVersion ?? "",
    holder: spec?.holderIdentity ?? "",
  }));
}

/**
 * Leases of `before` that were not renewed since. Their resourceVersion decides, since that needs no clock of ours to agree
 * with one of theirs; one that is gone has ended properly.
 */
export function staleIdentityLeases(before: readonly IdentityLease[], now: readonly IdentityLease[]): IdentityLease[] {
  const current = new Map(now.map((lease) => [lease.name, lease.resourceVersion]));
  return before.filter(({ name, resourceVersion }) => current.get(name) === resourceVersion);
}

/** Asked by the gates of many CRDs at once. */
const leasesNow = sharedWhileFresh((caller: Caller) => listIdentityLeases(caller), POLL_MS);

/**
 * Waits until each Lease has moved since it was listed. @throws UserError naming the hosts whose Lease is not renewed
 *
 * @param listed the Leases, and when their list began
 */
export async function awaitIdentityLeasesRenewed(
  caller: Caller,
  { leases, at }: { readonly leases: readonly IdentityLease[]; readonly at: number },
  { report, signal }: Work,
): Promise<void> {
  if (leases.length === 0) return; // none known, or not ours to list
  for (;;) {
    const still = staleIdentityLeases(leases, await unlessAborted(leasesNow(caller), signal));
    if (still.length === 0) return;
    const waited = performance.now() - at;
    const hosts = still.map(({ host }) => host).sort();
    if (waited > STALE_AFTER_MS) throw new UserError(describeStaleLeases(hosts, waited));
    report(`waiting for a sign of life of ${hosts.join(", ")} (${Math.round(waited / 1000)} s)`);
  }
}

function describeStaleLeases(hosts: readonly string[], waited: number): Problem {
  const quoted = hosts.map((host) => `"${host}"`).join(", ");
  return {
    what: `API server on ${hosts.join(", ")}: its identity Lease in kube-system has not moved for ${Math.round(waited / 1000)} s`,
    expected: "a renewal every 10 s",
    why: "it is crashed, paused or cut off, and may come back with requests it already accepted, to be stored as they were then",
    next: `bring it back, or, once it can never return, set decommissionedServers: [${quoted}]`,
  };
}
