import type { Cluster, ClusterWork } from "../../kubernetes/cluster";
import { unlessAborted } from "../../kubernetes/abort";

const running = new WeakMap<Cluster, Map<string, Promise<unknown>>>();

/**
 * One after the other, where two entries of one program mean the same CRD. The lock would refuse the second; so it finds nothing
 * to do.
 */
export function afterOthers<T>(
  { cluster, report, signal }: ClusterWork,
  crd: string,
  act: () => Promise<T>,
): Promise<T> {
  const ofCluster = running.get(cluster) ?? new Map<string, Promise<unknown>>();
  running.set(cluster, ofCluster);
  const before = ofCluster.get(crd);
  const mine = (async () => {
    if (before !== undefined) {
      report("waiting for another migration of it in this program");
      await unlessAborted(before, signal);
    }
    return act();
  })();
  ofCluster.set(crd, Promise.allSettled([before, mine])); // whether it ended well is its own affair
  return mine;
}
