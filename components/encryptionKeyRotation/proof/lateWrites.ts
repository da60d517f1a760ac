import { type KubernetesObject, MetadataOnly, PatchType, type Resource, resourcePath } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { hasErrorStatus } from "../../kubernetes/errors";
import type { Work } from "../../kubernetes/report";
import { forEachObject } from "../../migration/rewrite/forEachObject";
import { touchObject } from "../../migration/rewrite/touch";

/**
 * How many of the objects that were written since a proof's list are not known to be under the key that is first now: their writer
 * had another file, and may be gone again, like a node that was made from an old image, or a request that was held up for very long.
 * Every API server must run with the file when this is asked. Each of them is rewritten by being asked.
 *
 * @param since the proof's resourceVersion: what is older was rewritten by its pass, or is gone
 */
export async function countLateWrites(
  cluster: Cluster,
  resource: Resource,
  since: string,
  work: Work,
): Promise<number> {
  let stale = 0;
  const { failedCount } = await forEachObject(
    cluster,
    resource,
    async (listed) => {
      if (!isLater(listed.metadata.resourceVersion, since)) return;
      if (await wasStale(cluster, resource, listed, work.signal)) stale++;
    },
    { ...work, doing: "looking again at" },
  );
  return stale + failedCount;
}

/** Pure. What is no number is looked at as well. */
function isLater(resourceVersion: string | undefined, since: string): boolean {
  if (resourceVersion === undefined || !/^\d+$/.test(resourceVersion) || !/^\d+$/.test(since)) return true;
  return BigInt(resourceVersion) > BigInt(since);
}

/**
 * With its resourceVersion in the patch, one that moves was moved by us: its bytes were not what this server writes. One that moves the
 * second time as well is changed by admission at each write; it is under the first key by now, like one that somebody wrote meanwhile.
 */
async function wasStale(
  cluster: Cluster,
  resource: Resource,
  listed: KubernetesObject,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const first = await touchAsListed(cluster, resource, listed, signal);
    if (isSameWrite(first, listed)) return false;
    return isSameWrite(await touchAsListed(cluster, resource, first, signal), first);
  } catch (error) {
    if (!hasErrorStatus(error, 409)) throw error;
    // Should the conflict have been another one than a write since, it is rewritten now.
    await touchObject(cluster, resource, listed, { signal });
    return false;
  }
}

function touchAsListed(
  cluster: Cluster,
  resource: Resource,
  { metadata }: KubernetesObject,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  return cluster.call<KubernetesObject>({
    method: "PATCH",
    path: resourcePath(resource, metadata),
    body: { metadata: { resourceVersion: metadata.resourceVersion } },
    contentType: PatchType.merge,
    accept: MetadataOnly.object,
    signal,
  });
}

function isSameWrite(one: KubernetesObject, other: KubernetesObject): boolean {
  return one.metadata.resourceVersion === other.metadata.resourceVersion;
}
