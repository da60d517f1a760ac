import { isDeepStrictEqual } from "util";
import {
  type KubernetesObject,
  MetadataOnly,
  objectName,
  PatchType,
  type Resource,
  resourcePath,
} from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { hasErrorStatus } from "../../kubernetes/errors";
import type { Work } from "../../kubernetes/report";
import { qualifiedResourceName } from "../../kubernetes/resourceNames";
import { sleep } from "../../kubernetes/sleep";
import { NAMED_FAILURES } from "../../migration/rewrite/failures";
import { forEachObject } from "../../migration/rewrite/forEachObject";
import { touchObject } from "../../migration/rewrite/touch";

export interface LateWrites {
  readonly count: number;
  /** The first ten. */
  readonly named: readonly string[];
}

/** One whose write moved it, and whose second write did not. */
interface Moved {
  readonly resourceVersion: string | undefined;
  /** What is told of it without its content is another than before, so that admission changed it. */
  readonly isChanged: boolean;
}

/** Admission that writes the time writes another one by then, should it go by seconds. */
const ANOTHER_SECOND_MS = 1_100;
const DOING = "looking again at";

/**
 * The objects that were written since a proof's list and are not known to be under the key that is first now: their writer had another
 * file, and may be gone again, like a node that was made from an old image, or a request that was held up for very long. Every API server
 * must run with the file when this is asked. Each of them is rewritten by being asked.
 *
 * @param since the proof's resourceVersion: what is older was rewritten by its pass, or is gone
 * @param changed filled with what admission was seen to change, for the next look within one run: what it changes again then, although
 * every object was rewritten in between, it changes at each write
 */
export async function findLateWrites(
  cluster: Cluster,
  resource: Resource,
  since: string,
  work: Work,
  changed: Set<string> = new Set(),
): Promise<LateWrites> {
  const stale = new Map<string, Moved>();
  const { failed, failedCount } = await forEachObject(
    cluster,
    resource,
    async (listed) => {
      if (!isLater(listed.metadata.resourceVersion, since)) return;
      const moved = await movedOnce(cluster, resource, listed, work.signal);
      if (moved !== undefined) stale.set(objectName(listed), moved);
    },
    { ...work, doing: DOING },
  );
  await exemptMovedAgain(cluster, resource, stale, work);
  for (const [name, { isChanged }] of [...stale]) {
    const key = `${qualifiedResourceName(resource)} ${name}`;
    if (isChanged && changed.has(key)) stale.delete(name);
    else if (isChanged) changed.add(key);
  }
  const named = [...stale.keys(), ...failed.map(({ name, message }) => `${name} (${message})`)];
  return { count: stale.size + failedCount, named: named.slice(0, NAMED_FAILURES) };
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
async function movedOnce(
  cluster: Cluster,
  resource: Resource,
  listed: KubernetesObject,
  signal: AbortSignal,
): Promise<Moved | undefined> {
  try {
    const first = await touchAsListed(cluster, resource, listed.metadata, signal);
    if (isSameWrite(first, listed)) return undefined;
    if (!isSameWrite(await touchAsListed(cluster, resource, first.metadata, signal), first)) return undefined;
    const { resourceVersion } = first.metadata;
    return { resourceVersion, isChanged: !isDeepStrictEqual(contentKnown(first), contentKnown(listed)) };
  } catch (error) {
    if (!hasErrorStatus(error, 409)) throw error;
    // Should the conflict have been another one than a write since, it is rewritten now.
    await touchObject(cluster, resource, listed, { signal });
    return undefined;
  }
}

/**
 * Two writes within one second are alike to admission that writes the time: a third one, in another second, tells. What was written,
 * deleted or refused since then stays among the stale.
 */
async function exemptMovedAgain(
  cluster: Cluster,
  resource: Resource,
  stale: Map<string, Moved>,
  work: Work,
): Promise<void> {
  if (stale.size === 0) return;
  await sleep(ANOTHER_SECOND_MS, work.signal);
  const visit = async (listed: KubernetesObject): Promise<void> => {
    const { metadata } = listed;
    if (stale.get(objectName(listed))?.resourceVersion !== metadata.resourceVersion) return;
    try {
      const third = await touchAsListed(cluster, resource, metadata, work.signal);
      if (!isSameWrite(third, listed)) stale.delete(objectName(listed));
    } catch (error) {
      if (!hasErrorStatus(error, 409)) throw error;
    }
  };
  const isDone = (object: KubernetesObject): boolean => !stale.has(objectName(object));
  await forEachObject(cluster, resource, visit, { ...work, doing: DOING, isDone });
}

/** Each write of ours moves the one and may move the time of the other. */
function contentKnown({ metadata }: KubernetesObject): object {
  const { resourceVersion: _, managedFields: __, ...content } = metadata;
  return content;
}

function touchAsListed(
  cluster: Cluster,
  resource: Resource,
  metadata: KubernetesObject["metadata"],
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
