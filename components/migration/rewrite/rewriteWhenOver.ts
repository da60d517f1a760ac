import type { Resource } from "../../kubernetes/api";
import type { ClusterWork } from "../../kubernetes/cluster";
import { describeCount } from "../../kubernetes/count";
import type { Work } from "../../kubernetes/report";
import { sleep } from "../../kubernetes/sleep";
import type { InTreeWait } from "../inTree/inTreeState";
import type { Guard } from "./guard";
import { KnownStored } from "./knownStored";
import { NOTHING_AHEAD, rewriteAhead, type RewrittenAhead } from "./rewriteAhead";
import { rewriteAllObjects, type RewriteResult, type Sending } from "./rewriteAllObjects";
import type { SharedRow } from "./sharedRow";

/** How often to look whether the in-tree migrator has begun, and had its time. */
const LOOK_MS = 1_000;

export interface Awaited {
  /** Requests in flight are over. */
  readonly waited: Promise<unknown>;
  /** The in-tree migrator, where it is asked. */
  readonly inTree: (waits: InTreeWait) => Promise<unknown>;
  /**
   * Where given, our own rewriting goes first, and the in-tree migrator begins only once this answers true. Without it, that
   * begins at once.
   */
  readonly beforeInTree?: ((ahead: Promise<RewrittenAhead>) => Promise<boolean>) | undefined;
  /** Every API server, each asked by its own address, has agreed on what is written now: only then is anything rewritten during the wait. */
  readonly isAhead: boolean;
  /** How long the in-tree migrator is given from its start, where our own rewriting was through after so long. By default twice as long. */
  readonly inTreeSeconds?: (ownSeconds: number) => number;
  /** What a rewrite must leave of an object. */
  readonly guard?: Guard | undefined;
  /** So many of the first objects are left to an in-tree migrator that comes after. @default 0 */
  readonly leaveFirst?: number;
  /** Asked when all is over: every object was converted, so that only what was written since needs the guard. */
  readonly isConverted?: () => boolean;
  /** What an earlier pass was answered. */
  readonly answered?: KnownStored | undefined;
  readonly sending?: Sending | undefined;
}

export interface RewrittenWhenOver extends RewriteResult {
  /** What was rewritten ahead took so long; 0 where nothing was. */
  readonly aheadSeconds: number;
  /** What the API servers answered, ahead and in the pass that counts. */
  readonly answers: KnownStored;
}

/**
 * The pass that counts. It lists when all that has to be waited for is over, and asks about every object but those that were
 * rewritten ahead and are listed just as they were answered: a write since then would have given it another resourceVersion.
 * The in-tree migrator is ended early where our own rewriting was through, nothing of it failed, and it had its time as well.
 *
 * @param row also has what is waited for
 * @throws what `waited`, `inTree` or `beforeInTree` failed with
 */
export async function rewriteWhenOver(
  resource: Resource,
  {
    waited,
    inTree,
    beforeInTree,
    isAhead,
    inTreeSeconds = twiceAsLong,
    guard,
    leaveFirst = 0,
    isConverted = () => false,
    answered,
    sending,
  }: Awaited,
  row: SharedRow,
  work: ClusterWork,
): Promise<RewrittenWhenOver> {
  const enough = new AbortController();
  const waits = { enough: enough.signal, isAlone: !isAhead && leaveFirst === 0 };
  const stop = new AbortController();
  const rewriting = row.step("own", work, async (step) => {
    if (!isAhead && leaveFirst === 0) return NOTHING_AHEAD;
    if (!isAhead) await waited.catch(() => undefined); // after it an answer is as good as in the pass that counts
    return rewriteAhead(work.cluster, resource, { over: stop.signal, guard, leaveFirst, sending }, step);
  });
  let inTreeBegan = Infinity;
  const inTurn = async (): Promise<void> => {
    if (beforeInTree !== undefined && !(await beforeInTree(rewriting))) return;
    inTreeBegan = performance.now();
    await inTree(waits);
  };
  const over = Promise.all([waited, inTurn()]).finally(() => stop.abort());
  over.catch(() => undefined); // awaited below; until then a rejection must not count as unhandled
  const ahead = await rewriting;
  waits.isAlone ||= ahead.seconds === 0;
  if (ahead.isWhole) {
    const until = (): number => inTreeBegan + inTreeSeconds(ahead.seconds) * 1_000;
    await row.step("own", work, (step) => hasHadItsTime(ahead, until, waited, over, step));
    enough.abort();
  }
  await over;
  const answers = new KnownStored();
  // In a first pass where nothing was answered ahead each object would have to be read by itself.
  const isAnswered = answered !== undefined || ahead.known.size > 0;
  const some = { guard: isAnswered ? guard : undefined, answered: answered ?? new KnownStored() };
  const how = isConverted() ? some : { guard };
  const result = await rewriteAllObjects(work.cluster, resource, work, {
    ...how,
    known: ahead.known,
    answers,
    sending,
  });
  answers.addAll(ahead.known);
  // An object that was written in both counts once.
  const rewritten = Math.min(result.rewritten + ahead.rewritten, result.visited - result.gone);
  return { ...result, rewritten, aheadSeconds: ahead.seconds, answers };
}

function twiceAsLong(ownSeconds: number): number {
  return 2 * ownSeconds;
}

/** Until all is over, or requests in flight are and the in-tree migrator has had its time. */
async function hasHadItsTime(
  { rewritten }: RewrittenAhead,
  until: () => number,
  waited: Promise<unknown>,
  over: Promise<unknown>,
  { report }: Work,
): Promise<void> {
  report(`${describeCount(rewritten, "object")} rewritten ahead`);
  const ended = new AbortController();
  const had = async (): Promise<void> => {
    await waited;
    const left = (): number => until() - performance.now();
    while (left() > 0) await sleep(Math.min(left(), LOOK_MS), ended.signal);
  };
  await Promise.race([over, had()]).catch(() => undefined); // what it fails with the caller meets
  ended.abort();
}
