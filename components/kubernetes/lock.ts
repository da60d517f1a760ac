import { randomBytes } from "crypto";
import type { Cluster } from "./cluster";
import { hasErrorStatus, TerminalError, UserError, whatOfError } from "./errors";
import {
  assertHeld,
  assertNotTaken,
  currentMoment,
  type Held,
  type Hold,
  LapsedError,
  leftOfHold,
  LostError,
  secondsLeft,
  whyLost,
} from "./lockHold";
import { describeHeld, describeLapsed, describeLost, HOLDS } from "./lockProblems";
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
const OBSERVE_MS = 1_000;
const AGAIN_MS = 100;

/**
 * Runs `work` while holding the one lock of this CRD in the cluster: Lease kube-system/storage-migration-CRD.
 * The signal aborts when the lock is lost; once `work` has ended, well or not, the promise then rejects.
 *
 * Where nobody took the lock, but it was not renewed in time, it is taken again and `work` begins anew, as in another run. So
 * `work` reads everything itself and may not rest on what an earlier call of it has seen. A TerminalError of it ends the run.
 *
 * @param holder who we are, for the other one's error message: the stack and the URN
 * @throws UserError naming the other holder and its age
 */
export async function withLock<T>(
  cluster: Cluster,
  crd: string,
  holder: string,
  report: Report,
  work: (signal: AbortSignal, hold: Hold) => Promise<T>,
): Promise<T> {
  // A random part of its own: the same program run twice has the same holder.
  const identity = `${holder} ${randomBytes(4).toString("hex")}`;
  for (let holds = 1; ; holds++) {
    const held = await acquire(cluster, crd, identity, report);
    try {
      return await workWhileHeld(cluster, crd, held, work);
    } catch (error) {
      if (!(error instanceof LapsedError)) throw error;
      if (holds === HOLDS) throw new UserError(describeLapsed(error.message));
      report(`${error.message}; taking it again and beginning anew`);
    }
  }
}

/** @throws LapsedError where it was not renewed in time, UserError where another one has it or it was deleted */
async function workWhileHeld<T>(
  cluster: Cluster,
  crd: string,
  held: Held,
  work: (signal: AbortSignal, hold: Hold) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const ended = new AbortController();
  const renewing = keepLock(cluster, crd, held, lost, ended.signal);
  try {
    const result = await work(lost.signal, {
      assertHeld: () => assertHeld(cluster, crd, held, lost),
      assertNotTaken: () => assertNotTaken(cluster, crd, held),
    });
    // What succeeded without the lock may have succeeded beside another rollout.
    if (leftOfHold(held) <= 0) lost.abort(new LapsedError(crd));
    lost.signal.throwIfAborted();
    return result;
  } catch (error) {
    // What else it failed with, losing the lock may have caused.
    throw lost.signal.aborted && !(error instanceof TerminalError) ? (lost.signal.reason as Error) : error;
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
      const since = currentMoment();
      const mine = await takeLease(cluster, crd, identity, lease).catch((error: unknown) =>
        trouble.wait(error, report),
      );
      if (mine !== undefined) return { lease: mine, since };
      await sleep(AGAIN_MS);
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
  private readonly first = performance.now();
  private tried = 0;

  /** @throws the error, where it is none that passes or has lasted too long */
  async wait(error: unknown, report: Report): Promise<undefined> {
    const tries = { tried: ++this.tried, sinceFirstMs: performance.now() - this.first, lastMs: 0 };
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
  let failure: string | undefined;
  while (await slept(Math.max(0, Math.min(pause, leftOfHold(held))), ended)) {
    try {
      if (leftOfHold(held) <= 0) return lost.abort(new LapsedError(crd, failure));
      pause = (await renewLock(cluster, held)) ? RENEW_MS : AGAIN_MS;
      failure = undefined;
    } catch (error) {
      if (error instanceof LostError) return lost.abort(new UserError(describeLost(crd, error.message)));
      failure = whatOfError(error);
      pause = OBSERVE_MS;
    }
  }
}

function slept(milliseconds: number, ended: AbortSignal): Promise<boolean> {
  return sleep(milliseconds, ended).then(
    () => true,
    () => false,
  );
}

/**
 * @returns false when the Lease has moved and is still ours, as after a renewal whose answer got lost: that one is too long
 * ago to count from now, so the next one must follow at once
 */
async function renewLock(cluster: Cluster, held: Held): Promise<boolean> {
  const { lease } = held;
  const since = currentMoment();
  try {
    held.lease = await renewLease(cluster, lease, Math.min(WRITE_SECONDS, secondsLeft(held)));
    held.since = since;
    return true;
  } catch (error) {
    if (hasErrorStatus(error, 404)) throw new LostError(whyLost(undefined, lease));
    if (!hasErrorStatus(error, 409)) throw error;
    const found = await readLease(cluster, lease.metadata.name, { seconds: secondsLeft(held) });
    const why = whyLost(found, lease);
    if (found === undefined || why !== undefined) throw new LostError(why);
    held.lease = found;
    return false;
  }
}
