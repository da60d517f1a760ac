import type { Resource } from "../../kubernetes/api";
import type { ClusterWork } from "../../kubernetes/cluster";
import { describeCount } from "../../kubernetes/count";
import type { Work } from "../../kubernetes/report";
import { sleep } from "../../kubernetes/sleep";
import type { InTreeWait } from "../inTree/inTreeState";
import type { Guard } from "./guard";
import { rewriteAhead, type RewrittenAhead } from "./rewriteAhead";
import { rewriteAllObjects, type RewriteResult } from "./rewriteAllObjects";
import type { SharedRow } from "./sharedRow";

export interface Awaited {
  /** Requests in flight are over. */
  readonly waited: Promise<unknown>;
  /**
   * The in-tree migrator, where it is asked.
   *
   * @param ahead settles when our own rewriting is through with what it could do
   */
  readonly inTree: (waits: InTreeWait, ahead: Promise<unknown>) => Promise<unknown>;
  /** Every API server, each asked by its own address, has agreed on what is written now: only then is anything rewritten ahead. */
  readonly isAhead: boolean;
  /** When the in-tree migrator has had its time, where our own rewriting was through after so long. By default after as long again. */
  readonly inTreeSeconds?: (ownSeconds: number) => number;
  /** What a rewrite must leave of an object. */
  readonly guard?: Guard | undefined;
  /** So many of the first objects are not rewritten ahead. @default 0 */
  readonly leaves?: number;
  /** Asked when all is over: every object was converted, so that the pass that counts needs no guard. */
  readonly isConverted?: () => boolean;
}

export interface RewrittenWhenOver extends RewriteResult {
  /** What was rewritten ahead took so long; 0 where nothing was. */
  readonly aheadSeconds: number;
}

/**
 * The pass that counts. It lists when all that has to be waited for is over, and asks about every object but those that were
 * rewritten ahead and are listed just as they were answered: a write since then would have given it another resourceVersion.
 * The in-tree migrator is given up where our own rewriting was through, each object of it, and it had its time as well.
 *
 * @param row also has what is waited for
 * @throws what `waited` or `inTree` failed with
 */
export async function rewriteWhenOver(
  resource: Resource,
  { waited, inTree, isAhead, inTreeSeconds = asLongAgain, guard, leaves, isConverted = () => false }: Awaited,
  row: SharedRow,
  work: ClusterWork,
): Promise<RewrittenWhenOver> {
  const began = performance.now();
  const enough = new AbortController();
  const waits = { enough: enough.signal, isAlone: !isAhead };
  const stop = new AbortController();
  const options = { over: stop.signal, isAhead, guard, leaves };
  const rewriting = row.step("own", work, (step) => rewriteAhead(work.cluster, resource, options, step));
  const over = Promise.all([waited, inTree(waits, rewriting)]).finally(() => stop.abort());
  over.catch(() => undefined); // awaited below; until then a rejection must not count as unhandled
  const ahead = await rewriting;
  waits.isAlone ||= ahead.seconds === 0; // few objects
  if (ahead.isWhole) {
    const until = began + inTreeSeconds(ahead.seconds) * 1_000;
    await row.step("own", work, (step) => hasHadItsTime(ahead, until, waited, over, step));
    enough.abort();
  }
  await over;
  const how = { guard: isConverted() ? undefined : guard, known: ahead.known };
  const result = await rewriteAllObjects(work.cluster, resource, work, how);
  // An object that was written in both counts once.
  const rewritten = Math.min(result.rewritten + ahead.rewritten, result.visited - result.gone);
  return { ...result, rewritten, aheadSeconds: ahead.seconds };
}

function asLongAgain(ownSeconds: number): number {
  return 2 * ownSeconds;
}

/** Until all is over, or requests in flight are and the in-tree migrator has had its time. */
async function hasHadItsTime(
  { rewritten }: RewrittenAhead,
  until: number,
  waited: Promise<unknown>,
  over: Promise<unknown>,
  { report }: Work,
): Promise<void> {
  report(`${describeCount(rewritten, "object")} rewritten ahead`);
  const ended = new AbortController();
  const had = Promise.all([waited, sleep(Math.max(0, until - performance.now()), ended.signal)]);
  await Promise.race([over, had]).catch(() => undefined); // what it fails with the caller meets
  ended.abort();
}
