import { startCluster, type Cluster as LocalCluster, type ClusterOptions } from "../local/cluster/cluster";
import { readEtcd } from "../local/cluster/etcd";
import { endWhenInterrupted } from "./interrupted";
import type { Case, Stored } from "./peers/stage";
import { countLeft, isStoredAs } from "./peers/stored";
import { connect, flip, GROUP, STORED_UNDER, PLURAL, type VersionName } from "./widgets";

/**
 * Widgets that go to and fro between v1 and v2. A fresh CRD for each run would have the garbage collector find it first, whose
 * watch the in-tree migrator needs: half a minute that no migration in a live cluster has.
 *
 * @param create leaves widgets that are stored in v1
 */
export async function widgetCase(
  name: string,
  options: ClusterOptions,
  create: (local: LocalCluster) => Promise<void>,
): Promise<Case> {
  const local = await startCluster(options);
  endWhenInterrupted(local);
  try {
    await create(local);
    const cluster = await connect(local);
    let version: VersionName = "v1";
    return {
      name,
      local,
      makeStale: async () => {
        version = version === "v1" ? "v2" : "v1";
        await flip(local, version);
        return { local, cluster, resource: { group: GROUP, plural: PLURAL, version } };
      },
      countStored: async (): Promise<Stored> =>
        countLeft(await readEtcd(local.etcd, STORED_UNDER), isStoredAs(`${GROUP}/${version}`)),
      end: async () => {
        cluster.close();
        await local.stop();
      },
    };
  } catch (error) {
    await local.stop();
    throw error;
  }
}
