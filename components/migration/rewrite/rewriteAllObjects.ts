import type { KubernetesObject, Resource } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import type { Work } from "../../kubernetes/report";
import { type Guard, rewriteObject } from "./guard";
import { type ForEachResult, forEachObject } from "./forEachObject";
import type { KnownStored } from "./knownStored";

export interface RewriteOptions {
  /** What a rewrite must leave of an object: whole objects are then listed at `guard.from`, where none is converted. */
  readonly guard?: Guard | undefined;
  /** An object that is listed at one of these resourceVersions was answered for already, after the same agreement. */
  readonly known?: KnownStored | undefined;
}

export interface RewriteResult extends ForEachResult {
  /** resourceVersion moved since the list: by our write, or by someone else's in between. Informative only. */
  readonly rewritten: number;
}

/**
 * One pass over every object: merge PATCH `{}` through this endpoint, the new storage version's, because admission and
 * schema of that version are what decides. Each name answers 2xx or 404, or is among the failed, or has answered before
 * and was not written since.
 *
 * The API server writes exactly when the stored bytes are not what it would write now: another apiVersion, another key
 * (k8s.io/apiserver pkg/storage/etcd3/store.go, GuaranteedUpdate). Without a resourceVersion in the patch it re-applies
 * it after a race by itself.
 */
export async function rewriteAllObjects(
  cluster: Cluster,
  resource: Resource,
  work: Work,
  { guard, known }: RewriteOptions = {},
): Promise<RewriteResult> {
  let rewritten = 0;
  const walked = await forEachObject(
    cluster,
    guard?.from ?? resource,
    async (listed) => {
      const answer = await rewriteObject(cluster, resource, guard, listed, work);
      if (answer.metadata.resourceVersion !== listed.metadata.resourceVersion) rewritten++;
    },
    {
      ...work,
      doing: "rewriting",
      full: guard !== undefined,
      ...(known !== undefined && { isDone: ({ metadata }: KubernetesObject) => known.has(metadata.resourceVersion) }),
    },
  );
  return { ...walked, rewritten };
}
