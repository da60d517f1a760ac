import { randomBytes } from "crypto";
import type { KubernetesObject } from "./api";
import type { Cluster } from "./cluster";
import { hasStatus, messageOf, UserError } from "./errors";
import type { Report } from "./report";
import { sleep } from "./sleep";

/** A record that did not move for this long, as seen by us, belongs to someone who died. */
const LEASE_SECONDS = 15;
const RENEW_MS = 5_000;
/** We stop before another one may start: it waits for LEASE_SECONDS, and our last renewal was later than we think. */
const GIVE_UP_MS = (LEASE_SECONDS - 3) * 1_000;
const OBSERVE_MS = 1_000;

const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

interface Lease extends KubernetesObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

/**
 * Runs `work` while holding the one lock of this CRD in the cluster: Lease kube-system/storage-migration-CRD.
 * The signal aborts when the lock is lost; once `work` has ended, the promise then rejects.
 *
 * @param holder who we are, for the other one's error message: the stack and the URN
 * @throws UserError naming the other holder and its age
 */
export async function withLock<T>(
  cluster: Cluster,
  crd: string,
  holder: string,
  report: Report,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // A random part of its own: the same program run twice has the same holder.
  const identity = `${holder} ${randomBytes(4).toString("hex")}`;
  const lease = await acquire(cluster, crd, identity, report);
  const lost = new AbortController();
  const ended = new AbortController();
  const renewing = keep(cluster, crd, lease, lost, ended.signal);
  try {
    return await work(lost.signal);
  } catch (error) {
    throw lost.signal.aborted ? (lost.signal.reason as Error) : error;
  } finally {
    ended.abort(new Error("ended"));
    const last = await renewing;
    if (!lost.signal.aborted) await release(cluster, last);
  }
}

async function acquire(cluster: Cluster, crd: string, identity: string, report: Report): Promise<Lease> {
  let seen: { lease: Lease; at: number } | undefined;
  for (;;) {
    const lease = await read(cluster, crd);
    const taken = lease?.spec?.holderIdentity;
    if (lease === undefined || !taken || (seen !== undefined && diedSince(seen, lease))) {
      const mine = await write(cluster, crd, identity, lease);
      if (mine !== undefined) return mine;
      continue; // someone else was quicker: look again at who it is
    }
    if (seen !== undefined && seen.lease.metadata.resourceVersion !== lease.metadata.resourceVersion) {
      throw new UserError(describeHeld(crd, lease));
    }
    seen ??= { lease, at: performance.now() };
    const left = Math.ceil(LEASE_SECONDS - (performance.now() - seen.at) / 1_000);
    report(`waiting ${left} s for a sign of life of ${nameOf(taken)}, who holds the lock of ${crd}`);
    await sleep(OBSERVE_MS);
  }
}

/** By our own clock only, from when we first saw the record: the holder's may be wrong by hours. */
function diedSince(seen: { lease: Lease; at: number }, now: Lease): boolean {
  const moved = seen.lease.metadata.resourceVersion !== now.metadata.resourceVersion;
  return !moved && performance.now() - seen.at >= LEASE_SECONDS * 1_000;
}

/** Renews until `ended`; aborts `lost` when another one has it or nothing was heard of the cluster for too long. */
async function keep(
  cluster: Cluster,
  crd: string,
  acquired: Lease,
  lost: AbortController,
  ended: AbortSignal,
): Promise<Lease> {
  let lease = acquired;
  let renewedAt = performance.now();
  let pause = RENEW_MS;
  while (await slept(pause, ended)) {
    const began = performance.now();
    const left = GIVE_UP_MS - (began - renewedAt);
    try {
      lease = await renew(cluster, crd, lease, Math.min(4_000, left) / 1_000);
      renewedAt = began;
      pause = RENEW_MS;
    } catch (error) {
      pause = Math.min(OBSERVE_MS, GIVE_UP_MS - (performance.now() - renewedAt));
      if (pause > 100 && !(error instanceof LostError)) continue;
      const why = messageOf(error);
      lost.abort(new UserError(`the lock of ${crd} is lost, so this rollout stops: ${why}; run pulumi up again`));
      return lease;
    }
  }
  return lease;
}

function slept(milliseconds: number, ended: AbortSignal): Promise<boolean> {
  return sleep(milliseconds, ended).then(
    () => true,
    () => false,
  );
}

class LostError extends UserError {}

async function renew(cluster: Cluster, crd: string, lease: Lease, timeoutSeconds: number): Promise<Lease> {
  try {
    return await put(cluster, { ...lease, spec: { ...lease.spec, renewTime: microTime() } }, timeoutSeconds);
  } catch (error) {
    if (hasStatus(error, 404)) throw new LostError("its Lease was deleted");
    if (!hasStatus(error, 409)) throw error;
    // A renewal whose answer got lost has moved the resourceVersion as well: what counts is who holds it.
    const now = await read(cluster, crd);
    if (now === undefined) throw new LostError("its Lease was deleted");
    if (now.spec?.holderIdentity === lease.spec?.holderIdentity) return now;
    throw new LostError(`${nameOf(now.spec?.holderIdentity ?? "")} took it`);
  }
}

async function release(cluster: Cluster, lease: Lease): Promise<void> {
  try {
    await put(cluster, { ...lease, spec: { ...lease.spec, holderIdentity: "" } });
  } catch {
    // Then it is released by its age: the work is done, and this must not make it fail.
  }
}

async function read(cluster: Cluster, crd: string): Promise<Lease | undefined> {
  try {
    return await cluster.call<Lease>({
      method: "GET",
      path: `${LEASES}/${leaseName(crd)}`,
      urgent: true,
      timeoutSeconds: 5,
    });
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

/** Writes us in as the holder, or returns undefined when another writer came first. */
async function write(
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
    if (old !== undefined) return await put(cluster, { ...old, spec });
    const metadata = { name: leaseName(crd), namespace: "kube-system" };
    const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
    return await cluster.call<Lease>({ method: "POST", path: LEASES, body, urgent: true });
  } catch (error) {
    if (hasStatus(error, 409)) return undefined;
    throw error;
  }
}

/** With its resourceVersion in it, so that a later write of someone else's is never overwritten. */
function put(cluster: Cluster, lease: Lease, timeoutSeconds = 4): Promise<Lease> {
  const path = `${LEASES}/${lease.metadata.name}`;
  return cluster.call<Lease>({ method: "PUT", path, body: lease, urgent: true, timeoutSeconds });
}

function leaseName(crd: string): string {
  return `storage-migration-${crd}`;
}

/** metav1.MicroTime wants exactly six digits. */
function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}

/** Without the random part. */
function nameOf(identity: string): string {
  return identity.replace(/ [0-9a-f]{8}$/, "");
}

function describeHeld(crd: string, lease: Lease): string {
  const since = lease.spec?.acquireTime;
  const minutes = since === undefined ? Number.NaN : Math.max(0, Math.round((Date.now() - Date.parse(since)) / 60_000));
  const age = Number.isNaN(minutes) ? "" : ` since ${since?.slice(0, 19)}Z (${minutes} min)`;
  return (
    `another rollout of ${crd} is running: ${nameOf(lease.spec?.holderIdentity ?? "")} holds its lock${age}; ` +
    `expected to be alone; wait until it ends, then run pulumi up again (a killed one frees it within ${LEASE_SECONDS} s)`
  );
}
