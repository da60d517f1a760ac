import type { Cluster as LocalCluster, ClusterOptions } from "../local/cluster/cluster";
import { readEtcd } from "../local/cluster/etcd";
import type { Case } from "./peers/stage";
import { startCase } from "./peers/startCase";
import { countLeft, isStoredAs } from "./peers/stored";
import { connect, flip, GROUP, STORED_UNDER, PLURAL, type VersionName } from "./widgets";

/**
 * Widgets that go to and fro between v1 and v2. A fresh CRD for each run would have the garbage collector find it first, whose
 * watch the in-tree migrator needs: half a minute that no migration in a live cluster has.
 *
 * @param create leaves widgets that are stored in v1
 */
export function widgetCase(
  name: string,
  options: ClusterOptions,
  create: (local: LocalCluster) => Promise<void>,
): Promise<Case> {
  return startCase(options, async (local) => {
    await create(local);
    const cluster = await connect(local);
    let version: VersionName = "v1";
    return {
      name,
      cluster,
      makeStale: async () => {
        version = version === "v1" ? "v2" : "v1";
        await flip(local, version);
        return { local, cluster, resource: { group: GROUP, plural: PLURAL, version } };
      },
      countStored: async () => countLeft(await readEtcd(local.etcd, STORED_UNDER), isStoredAs(`${GROUP}/${version}`)),
    };
  });
}
