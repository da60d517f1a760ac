import { randomBytes } from "crypto";
import type { Cluster } from "./cluster";
import { whatOfError, hasErrorStatus, messageOfError, UserError } from "./errors";
import type { Problem } from "./problem";
import type { Report } from "./report";
import { decideRetry } from "./retry";
import { sleep } from "./sleep";
import {
  leaseHolderOf,
  LEASE_SECONDS,
  leaseName,
  readLease,
  releaseLease,
  renewLease,
  takeLease,
  WRITE_SECONDS,
  type Lease,
} from "./lease";

const RENEW_MS = 5_000;
/** We stop before another one may start: it waits for LEASE_SECONDS from when it saw our last write, which we sent earlier. */
const GIVE_UP_MS = (LEASE_SECONDS - 3) * 1_000;
const OBSERVE_MS = 1_000;
const AGAIN_MS = 100;

/** A moment by two clocks: the monotonic one stands still while a machine sleeps, the other one may be set. */
interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** The lock as we hold it. */
interface Held {
  lease: Lease;
  /** When the last write that is known to have landed was sent: the hold counts from there, not from its answer. */
  since: Moment;
}

/**
 * Runs `work` while holding the one lock of this CRD in the cluster: Lease kube-system/storage-migration-CRD.
 * The signal aborts when the lock is lost; once `work` has ended, well or not, the promise then rejects.
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
  const held = await acquire(cluster, crd, identity, report);
  const lost = new AbortController();
  const ended = new AbortController();
  const renewing = keepLock(cluster, crd, held, lost, ended.signal);
  try {
    const result = await work(lost.signal);
    // What succeeded without the lock may have succeeded beside another rollout.
    if (left(held) <= 0) loseLock(lost, crd, "it was not renewed in time");
    lost.signal.throwIfAborted();
    return result;
  } catch (error) {
    throw lost.signal.aborted ? (lost.signal.reason as Error) : error;
  } finally {
    ended.abort(new Error("ended"));
    await renewing;
    if (!lost.signal.aborted) await releaseLease(cluster, held.lease);
  }
}

async function acquire(cluster: Cluster, crd: string, identity: string, report: Report): Promise<Held> {
  let seen: { lease: Lease; at: number } | undefined;
  const trouble = new Trouble();
  for (;;) {
    const lease = await readLease(cluster, leaseName(crd), { urgent: false });
    const taken = lease?.spec?.holderIdentity;
    // Ours: written by us a moment ago, and the answer got lost. The hold counts from a write that is known to have landed.
    if (lease === undefined || !taken || taken === identity || (seen !== undefined && diedSince(seen, lease))) {
      const since = now();
      const mine = await takeLease(cluster, crd, identity, lease).catch((error: unknown) =>
        trouble.wait(error, report),
      );
      if (mine !== undefined) return { lease: mine, since };
      continue; // someone else was quicker, or no answer came: look again at who it is
    }
    if (seen !== undefined && seen.lease.metadata.resourceVersion !== lease.metadata.resourceVersion) {
      throw new UserError(describeHeld(crd, lease));
    }
    seen ??= { lease, at: performance.now() };
    const seconds = Math.ceil(LEASE_SECONDS - (performance.now() - seen.at) / 1_000);
    report(`waiting ${seconds} s for a sign of life of ${leaseHolderOf(taken)}, who holds the lock of ${crd}`);
    await sleep(OBSERVE_MS);
  }
}

/** Writes that were not answered: whether they landed, the next look tells. */
class Trouble {
  private readonly first = Date.now();
  private tried = 0;

  /** @throws the error, where it is none that passes or has lasted too long */
  async wait(error: unknown, report: Report): Promise<undefined> {
    const tries = { tried: ++this.tried, sinceFirstMs: Date.now() - this.first, lastMs: 0 };
    const verdict = decideRetry(error, tries);
    if (verdict.kind === "failed") throw error;
    report(`taking the lock: ${whatOfError(error)}; asking again`);
    await sleep(verdict.afterMs);
    return undefined;
  }
}

/** By our own clock only, from when we first saw the record: the holder's may be wrong by hours. */
function diedSince(seen: { lease: Lease; at: number }, found: Lease): boolean {
  const moved = seen.lease.metadata.resourceVersion !== found.metadata.resourceVersion;
  return !moved && performance.now() - seen.at >= LEASE_SECONDS * 1_000;
}

/** Renews until `ended`; aborts `lost` when another one has it or nothing was heard of the cluster for too long. */
async function keepLock(
  cluster: Cluster,
  crd: string,
  held: Held,
  lost: AbortController,
  ended: AbortSignal,
): Promise<void> {
  let pause = RENEW_MS;
  while (await slept(Math.max(0, Math.min(pause, left(held))), ended)) {
    try {
      if (left(held) <= 0) throw new LostError("it could not be renewed in time");
      pause = (await renewLock(cluster, held, Math.min(WRITE_SECONDS, left(held) / 1_000))) ? RENEW_MS : AGAIN_MS;
    } catch (error) {
      pause = OBSERVE_MS;
      if (left(held) > 100 && !(error instanceof LostError)) continue;
      return loseLock(lost, crd, messageOfError(error));
    }
  }
}

function loseLock(lost: AbortController, crd: string, why: string): void {
  lost.abort(new UserError(`the lock of ${crd} is lost, so this rollout stops: ${why}; run \`pulumi up\` again`));
}

function now(): Moment {
  return { monotonic: performance.now(), wall: Date.now() };
}

/** Milliseconds for which we may still count on it. */
function left({ since }: Held): number {
  return GIVE_UP_MS - Math.max(performance.now() - since.monotonic, Date.now() - since.wall);
}

function slept(milliseconds: number, ended: AbortSignal): Promise<boolean> {
  return sleep(milliseconds, ended).then(
    () => true,
    () => false,
  );
}

class LostError extends UserError {}

/**
 * @returns false when the Lease has moved and is still ours, as after a renewal whose answer got lost: that one is too long
 * ago to count from now, so the next one must follow at once
 */
async function renewLock(cluster: Cluster, held: Held, timeoutSeconds: number): Promise<boolean> {
  const { lease } = held;
  const since = now();
  try {
    held.lease = await renewLease(cluster, lease, timeoutSeconds);
    held.since = since;
    return true;
  } catch (error) {
    if (hasErrorStatus(error, 404)) throw new LostError("its Lease was deleted");
    if (!hasErrorStatus(error, 409)) throw error;
    const found = await readLease(cluster, lease.metadata.name, { seconds: Math.max(0.1, left(held) / 1_000) });
    if (found === undefined) throw new LostError("its Lease was deleted");
    if (found.spec?.holderIdentity !== lease.spec?.holderIdentity) {
      throw new LostError(`${leaseHolderOf(found.spec?.holderIdentity ?? "")} took it`);
    }
    held.lease = found;
    return false;
  }
}

function describeHeld(crd: string, lease: Lease): Problem {
  const since = lease.spec?.acquireTime;
  const minutes = since === undefined ? Number.NaN : Math.max(0, Math.round((Date.now() - Date.parse(since)) / 60_000));
  const age = Number.isNaN(minutes) ? "" : ` since ${since?.slice(0, 19)}Z (${minutes} min)`;
  return {
    what: `another rollout of ${crd} is running: ${leaseHolderOf(lease.spec?.holderIdentity ?? "")} holds its lock${age}`,
    expected: "one rollout at a time",
    next: `wait until it ends, then run \`pulumi up\` again (if that run was killed, the lock becomes free within ${LEASE_SECONDS} s)`,
  };
}
