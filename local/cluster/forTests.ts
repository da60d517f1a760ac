import { rmSync } from "node:fs";
import { join } from "node:path";
import { endAbandonedTestClusters, place } from "../place";
import { chosenVersion } from "../toolchain/controlPlane";
import { endCluster } from "./state";
import { startCluster, type Cluster, type ClusterOptions } from "./cluster";

/**
 * A cluster for one test file: quick, in the version that KUBERNETES_VERSION names, in a folder that a later run sweeps if this one
 * is killed. MIXED_VERSION_PROXY=on has its API servers ask each other. Faults of the disk are no test's subject unless it says `syncToDisk: true`.
 */
export async function startTestCluster(name: string, options: Omit<ClusterOptions, "dir"> = {}): Promise<Cluster> {
  await endAbandonedTestClusters();
  const dir = join(place.tests, `${name}-${process.pid}`);
  const mixedVersionProxy = process.env["MIXED_VERSION_PROXY"] === "on";
  const chosen = { version: chosenVersion([]), mixedVersionProxy };
  const cluster = await startCluster({ ...chosen, syncToDisk: false, ...options, dir });
  cluster.stop = async () => {
    cluster.client.close();
    // Nobody reads this data again: no need to wait for a clean end.
    await endCluster(dir, 0);
    rmSync(dir, { recursive: true, force: true });
  };
  return cluster;
}
