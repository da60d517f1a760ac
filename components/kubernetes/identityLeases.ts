import type { Caller, KubernetesList, KubernetesObject } from "./api";
import { UserError } from "./errors";
import type { Report } from "./report";
import { sleep } from "./sleep";

/**
 * kube-apiserver renews its identity Lease every 10 s (k8s.io/kubernetes pkg/controlplane/apiserver/server.go,
 * IdentityLeaseRenewIntervalPeriod); three of them missed, and a bit, is not a slow disk any more.
 */
const STANDS_STILL_MS = 45_000;
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
export async function listIdentityLeases(caller: Caller, signal?: AbortSignal): Promise<IdentityLease[]> {
  const list = await caller.call<KubernetesList<Lease>>({
    method: "GET",
    path: "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
    query: { labelSelector: "apiserver.kubernetes.io/identity=kube-apiserver" },
    ...(signal && { signal }),
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
export function standingStill(before: readonly IdentityLease[], now: readonly IdentityLease[]): IdentityLease[] {
  const current = new Map(now.map((lease) => [lease.name, lease.resourceVersion]));
  return before.filter(({ name, resourceVersion }) => current.get(name) === resourceVersion);
}

/** Waits until each Lease has moved. @throws UserError naming the hosts whose Lease stands still */
export async function leasesMoved(
  caller: Caller,
  before: readonly IdentityLease[],
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  if (before.length === 0) return; // none known, or not ours to list
  const began = Date.now();
  for (;;) {
    const still = standingStill(before, await listIdentityLeases(caller, signal));
    if (still.length === 0) return;
    const waited = Date.now() - began;
    const hosts = still.map(({ host }) => host).sort();
    if (waited > STANDS_STILL_MS) throw new UserError(describeStandingStill(hosts, waited));
    report(`waiting for a sign of life of ${hosts.join(", ")} (${Math.round(waited / 1000)} s)`);
    await sleep(POLL_MS, signal);
  }
}

function describeStandingStill(hosts: readonly string[], waited: number): string {
  const quoted = hosts.map((host) => `"${host}"`).join(", ");
  return (
    `API server on ${hosts.join(", ")}: its identity Lease in kube-system has not moved for ${Math.round(waited / 1000)} s; ` +
    "expected a renewal every 10 s; it is crashed, paused or cut off, and may come back with requests it already accepted, " +
    `to be stored as they were then; bring it back, or, once it can never return, set gone: [${quoted}]`
  );
}
