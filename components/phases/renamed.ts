import { readDefinition } from "../crd/live";
import type { Cluster } from "../kubernetes/cluster";
import { hasStatus } from "../kubernetes/errors";

/**
 * Why one component must not go on with another CRD: the one it moved so far would stay behind, in no program, with all its
 * objects. A name that never reached the cluster may be corrected.
 */
export async function renamed(before: string | undefined, now: string, cluster: Cluster): Promise<string[]> {
  if (before === undefined || before === now || !(await exists(before, cluster))) return [];
  return [
    `${now}: this component's CRD is ${before} so far, and it is in the cluster; expected the same one, because plural and group can never change; put them back, or give ${now} a VersionedCRD of its own and copy the objects over`,
  ];
}

/** One that may not be read is there for all we know. */
async function exists(name: string, cluster: Cluster): Promise<boolean> {
  try {
    return (await readDefinition(cluster, name)) !== undefined;
  } catch (error) {
    if (hasStatus(error, 403)) return true;
    throw error;
  }
}
