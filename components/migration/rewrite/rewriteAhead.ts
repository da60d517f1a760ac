import type { KubernetesObject, Resource } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { countObjects } from "../../kubernetes/countObjects";
import type { Work } from "../../kubernetes/report";
import { forEachObject } from "./forEachObject";
import { type Guard, rewriteObject } from "./guard";
import { KnownStored } from "./knownStored";
import { sendAtOnce, type Sending } from "./rewriteAllObjects";

export interface AheadOptions {
  /** Aborts when the wait and the in-tree migrator are over. */
  readonly over: AbortSignal;
  /** What a rewrite must leave of an object. */
  readonly guard?: Guard | undefined;
  /** So many of the first objects are left to an in-tree migrator that comes after. @default 0 */
  readonly leaveFirst?: number;
  readonly sending?: Sending | undefined;
}

export interface RewrittenAhead {
  /** As in RewriteResult. */
  readonly rewritten: number;
  /** 0 where nothing was done. */
  readonly seconds: number;
  /** Each object of its list was rewritten, left on purpose, or is gone. */
  readonly isWhole: boolean;
  /** What the API servers answered. */
  readonly known: KnownStored;
  /** The first objects, as they were listed: left on purpose. */
  readonly left: readonly KubernetesObject[];
}

/** Below it the pass that counts takes a second or two: not worth one more walk, unless the in-tree migrator comes in between. */
const AT_LEAST = 1_000;
export const NOTHING_AHEAD: RewrittenAhead = {
  rewritten: 0,
  seconds: 0,
  isWhole: false,
  known: new KnownStored(),
  left: [],
};

/**
 * Rewrites objects while something has to be waited for anyway, and stops when that is over. By itself it proves nothing: a request
 * that began before may still write the old version behind it. The pass that counts lists after the wait, and asks again about every
 * object that was written since its answer here. What fails here, that pass reports. Never rejects, and leaves nothing under way.
 */
export async function rewriteAhead(
  cluster: Cluster,
  resource: Resource,
  { over, guard, leaveFirst = 0, sending = sendAtOnce }: AheadOptions,
  work: Work,
): Promise<RewrittenAhead> {
  const signal = AbortSignal.any([work.signal, over]);
  const began = performance.now();
  const left: KubernetesObject[] = [];
  let rewritten = 0;
  let isWhole = false;
  const known = new KnownStored();
  const rewrite = async (listed: KubernetesObject): Promise<void> => {
    signal.throwIfAborted();
    // By the outer signal: what was sent when the wait is over may end.
    const answer = await sending(listed, () => rewriteObject(cluster, resource, guard, listed, work));
    known.add(answer.metadata.resourceVersion);
    if (answer.metadata.resourceVersion !== listed.metadata.resourceVersion) rewritten++;
  };
  const sent = new Set<Promise<void>>();
  const visit = (listed: KubernetesObject): Promise<void> => {
    if (left.length < leaveFirst) {
      left.push(listed);
      return Promise.resolve();
    }
    const rewriting = rewrite(listed);
    sent.add(rewriting);
    return rewriting.finally(() => sent.delete(rewriting));
  };
  try {
    if (leaveFirst === 0 && (await countObjects(cluster, resource, signal)).objects < AT_LEAST) return NOTHING_AHEAD;
    const options = { ...work, signal, doing: "rewriting ahead", full: guard !== undefined };
    const walked = await forEachObject(cluster, guard?.from ?? resource, visit, options);
    isWhole = walked.failedCount === 0;
  } catch {
    // Stopped; or the pass that counts will meet the same.
  }
  await Promise.allSettled(sent);
  return { rewritten, seconds: (performance.now() - began) / 1_000, isWhole, known, left };
}
