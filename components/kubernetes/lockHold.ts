import { unlessAborted } from "./abort";
import type { Cluster } from "./cluster";
import { UserError } from "./errors";
import { LEASE_SECONDS, leaseHolderOf, leaseName, readLease, type Lease } from "./lease";
import { describeLost } from "./lockProblems";
import { withoutRetries } from "./retry";

/** The lock, as the work under it sees it. */
export interface Hold {
  /**
   * Asks the cluster, right before a write that no precondition guards: a process that stood still does not know yet what it has slept
   * through. Once it has returned, nobody else may take the lock for three seconds at least.
   *
   * @throws where another one has or had it, where it ran out, or where no answer came while it held
   */
  assertHeld(): Promise<void>;
  /** The same for what takes one's own write back, which may be urgent: passes where no answer comes, and where nobody took it since it ran out. */
  assertNotTaken(): Promise<void>;
}

/** Of work without a lock, which has none to lose. */
export const NO_HOLD: Hold = { assertHeld: () => Promise.resolve(), assertNotTaken: () => Promise.resolve() };

/** We stop before another one may start: it waits for LEASE_SECONDS from when it saw our last write, which we sent earlier. */
const GIVE_UP_MS = (LEASE_SECONDS - 3) * 1_000;

/** A moment by two clocks: the monotonic one stands still while a machine sleeps, the other one may be set. */
interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** The lock as we hold it. */
export interface Held {
  lease: Lease;
  /** When the last write that is known to have landed was sent: the hold counts from there, not from its answer. */
  since: Moment;
}

/** Another one may hold it now. */
export class LostError extends Error {}

/** Nobody is known to have taken it; it was only not renewed in time. */
export class LapsedError extends Error {
  constructor(crd: string, why?: string) {
    super(`the lock of ${crd} was not renewed within ${GIVE_UP_MS / 1_000} s${why === undefined ? "" : ` (${why})`}`);
  }
}

/** Where the hold has run out, its timer may not have told so yet. */
function endIfLapsed(crd: string, held: Held, lost: AbortController): void {
  if (leftOfHold(held) <= 0) lost.abort(new LapsedError(crd));
  lost.signal.throwIfAborted();
}

export async function assertHeld(cluster: Cluster, crd: string, held: Held, lost: AbortController): Promise<void> {
  endIfLapsed(crd, held, lost);
  const found = await unlessAborted(readLease(cluster, leaseName(crd), { seconds: secondsLeft(held) }), lost.signal);
  const why = whyLost(found, held.lease);
  if (why !== undefined) lost.abort(new UserError(describeLost(crd, why)));
  endIfLapsed(crd, held, lost);
}

export async function assertNotTaken(cluster: Cluster, crd: string, held: Held): Promise<void> {
  const asked = withoutRetries(() => readLease(cluster, leaseName(crd)));
  const why = await asked.then(
    (found) => whyLost(found, held.lease),
    () => undefined,
  );
  if (why !== undefined) throw new UserError(describeLost(crd, why));
}

export function currentMoment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() };
}

/** Milliseconds for which we may still count on it. */
export function leftOfHold({ since }: Held): number {
  return GIVE_UP_MS - Math.max(performance.now() - since.monotonic, Date.now() - since.wall);
}

/** The same for a request: in tenths, since an error tells it. */
export function secondsLeft(held: Held): number {
  return Math.max(1, Math.floor(leftOfHold(held) / 100)) / 10;
}

/** Why what is found of our Lease is not ours any more. */
export function whyLost(found: Lease | undefined, ours: Lease): string | undefined {
  if (found === undefined) return "its Lease was deleted";
  const holder = found.spec?.holderIdentity ?? "";
  if (holder === "") return "its Lease names no holder any more";
  return holder === ours.spec?.holderIdentity ? undefined : `${leaseHolderOf(holder)} took it`;
}
