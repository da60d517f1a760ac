import type { Resource } from "../../kubernetes/api";
import type { ClusterWork } from "../../kubernetes/cluster";
import type { Guard } from "./guard";
import { rewriteAhead } from "./rewriteAhead";
import { rewriteAllObjects, type RewriteResult } from "./rewriteAllObjects";
import type { SharedRow } from "./sharedRow";

export interface Awaited {
  /** Requests in flight are over. */
  readonly waited: Promise<unknown>;
  /** The in-tree migrator is through, where it was asked. */
  readonly inTree: Promise<unknown>;
  /** Every API server, each asked by its own address, has agreed on what is written now: only then is anything rewritten ahead. */
  readonly isAhead: boolean;
  readonly guard?: Guard | undefined;
}

export interface RewrittenWhenOver extends RewriteResult {
  /** What was rewritten ahead took so long; 0 where nothing was. */
  readonly aheadSeconds: number;
}

/**
 * The pass that counts. It begins when all that has to be waited for is over, whatever was rewritten ahead.
 *
 * @param row also has what is waited for
 * @throws what `waited` or `inTree` failed with
 */
export async function rewriteWhenOver(
  resource: Resource,
  { waited, inTree, isAhead, guard }: Awaited,
  row: SharedRow,
  work: ClusterWork,
): Promise<RewrittenWhenOver> {
  const over = Promise.all([waited, inTree]);
  const ahead = await row.step("own", work, (step) => rewriteAhead(work.cluster, resource, { over, isAhead }, step));
  await over;
  const result = await rewriteAllObjects(work.cluster, resource, work, guard);
  // An object that was written in both counts once.
  const rewritten = Math.min(result.rewritten + ahead.rewritten, result.visited - result.gone);
  return { ...result, rewritten, aheadSeconds: ahead.seconds };
}
