import type { Resource } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import type { Work } from "../../kubernetes/report";
import { type Guard, rewriteUnderGuard, isGuarded } from "./guard";
import { type ForEachResult, forEachObject } from "./forEachObject";
import { touchObject } from "./touch";

export interface RewriteResult extends ForEachResult {
  /** resourceVersion moved since the list: by our write, or by someone else's in between. Informative only. */
  readonly rewritten: number;
  readonly unchanged: number;
}

/**
 * One pass over every object: merge PATCH `{}` through this endpoint, the new storage version's, because admission and
 * schema of that version are what decides. Each name answers 2xx or 404, or is among the failed.
 *
 * The API server writes exactly when the stored bytes are not what it would write now: another apiVersion, another key
 * (k8s.io/apiserver pkg/storage/etcd3/store.go, GuaranteedUpdate). Without a resourceVersion in the patch it re-applies
 * it after a race by itself.
 *
 * @param guard what a rewrite must leave of an object: whole objects are then listed at `guard.from`, where none is converted
 */
export async function rewriteAllObjects(
  cluster: Cluster,
  resource: Resource,
  work: Work,
  guard?: Guard,
): Promise<RewriteResult> {
  let rewritten = 0;
  let unchanged = 0;
  const walked = await forEachObject(
    cluster,
    guard?.from ?? resource,
    async (listed) => {
      const answer = isGuarded(guard, listed)
        ? await rewriteUnderGuard(cluster, resource, guard, listed, work)
        : await touchObject(cluster, resource, listed, work);
      if (answer.metadata.resourceVersion === listed.metadata.resourceVersion) unchanged++;
      else rewritten++;
    },
    { ...work, doing: "rewriting", full: guard !== undefined },
  );
  return { ...walked, rewritten, unchanged };
}
