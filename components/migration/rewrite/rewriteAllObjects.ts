import type { KubernetesObject, Resource } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import type { Work } from "../../kubernetes/report";
import { type Guard, isOlderThanFlip, readGuarded, rewriteObject, rewriteUnderGuard } from "./guard";
import { type ForEachResult, forEachObject } from "./forEachObject";
import type { KnownStored } from "./knownStored";
import { touchObject } from "./touch";

export interface RewriteOptions {
  /** What a rewrite must leave of an object: whole objects are then listed at `guard.from`, where none is converted. */
  readonly guard?: Guard | undefined;
  /** An object that is listed at one of these resourceVersions was answered for already, after the same agreement. */
  readonly known?: KnownStored | undefined;
  /**
   * Nearly all of them are in the new version: then the list shows metadata alone, and what is at none of these resourceVersions,
   * nor among the known, is read in the old version. One that is needs no guard, since nothing of it is converted.
   */
  readonly answered?: KnownStored | undefined;
  /** These need no visit. */
  readonly isLeft?: (object: KubernetesObject) => boolean;
  /** Is told at which resourceVersion each object was answered for. */
  readonly answers?: KnownStored | undefined;
  readonly sending?: Sending | undefined;
}

/** Each rewrite goes through it, every try of it: it may look at something first, and throw instead of sending. */
export type Sending = <T>(object: KubernetesObject, send: () => Promise<T>) => Promise<T>;

export const sendAtOnce: Sending = (_, send) => send();

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
  { guard, known, answered, isLeft = () => false, answers, sending = sendAtOnce }: RewriteOptions = {},
): Promise<RewriteResult> {
  let rewritten = 0;
  const isRead = guard !== undefined && answered !== undefined;
  const rewrite = async (listed: KubernetesObject): Promise<KubernetesObject> => {
    if (!isRead) return rewriteObject(cluster, resource, guard, listed, work);
    if (answered.has(listed.metadata.resourceVersion)) return touchObject(cluster, resource, listed, work);
    // One that was written since the flip is read there.
    const isOld = isOlderThanFlip(guard, listed);
    const original = isOld ? await readGuarded(cluster, guard.from, listed, work.signal) : listed;
    return rewriteUnderGuard(cluster, resource, guard, original, work);
  };
  const walked = await forEachObject(
    cluster,
    isRead ? resource : (guard?.from ?? resource),
    async (listed) => {
      const answer = await sending(listed, () => rewrite(listed));
      answers?.add(answer.metadata.resourceVersion);
      if (answer.metadata.resourceVersion !== listed.metadata.resourceVersion) rewritten++;
    },
    {
      ...work,
      doing: "rewriting",
      full: guard !== undefined && !isRead,
      isDone: (listed) => known?.has(listed.metadata.resourceVersion) === true || isLeft(listed),
    },
  );
  return { ...walked, rewritten };
}
