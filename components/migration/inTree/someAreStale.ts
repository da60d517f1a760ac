import type { Resource } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { ApiError } from "../../kubernetes/errors";
import { listFirstObjects } from "../../kubernetes/listFirstObjects";
import type { Work } from "../../kubernetes/report";
import { touchObject } from "../rewrite/touch";

const SAMPLE = 10;

/**
 * kube-controller-manager's migrator waits until an event of the resource has passed, and where nothing is to be rewritten none
 * does for minutes. A few are tried, from the last one on, and a single stale one is rewritten by that: two of them say that more are. The
 * first is not tried, since the migrator needs a stale one among the first itself.
 */
export async function someAreStale(cluster: Cluster, resource: Resource, work: Work): Promise<boolean> {
  const { objects: sample } = await listFirstObjects(cluster, resource, SAMPLE, { signal: work.signal });
  if (sample.length <= 1) return true;
  let missing = Math.min(2, sample.length - 1);
  for (const object of sample.slice(1).reverse()) {
    try {
      const answer = await touchObject(cluster, resource, object, work);
      if (answer.metadata.resourceVersion !== object.metadata.resourceVersion && --missing === 0) return true;
    } catch (error) {
      work.signal.throwIfAborted();
      // One that cannot be rewritten is for the pass to report.
      if (!(error instanceof ApiError)) throw error;
    }
  }
  return false;
}
