import { startCluster } from "../../../local/cluster/cluster";
import { readEtcd } from "../../../local/cluster/etcd";
import { say } from "../../../local/say";
import { endWhenInterrupted } from "../../interrupted";
import { connect, createWidgets, flip, GROUP, PLURAL } from "../../widgets";
import type { Case, Stored } from "../stage";
import { countLeft, isStoredAs } from "../stored";
import { clusterOptions } from "../../clusterOptions";
import { startWidgetWebhook } from "./widgetWebhook";

/**
 * Objects of one CRD that go to and fro between v1 and v2. A fresh CRD for each run would have the garbage collector find
 * it first, whose watch the in-tree migrator needs: half a minute that no migration in a live cluster has.
 */
export async function customResources(
  conversion: "None" | "webhook",
  { servers, objects }: { servers: number; objects: number },
): Promise<Case> {
  const local = await startCluster(clusterOptions(servers));
  endWhenInterrupted(local);
  try {
    const webhook = conversion === "webhook" ? await startWidgetWebhook(local) : undefined;
    say(`creating ${objects} custom resources`);
    await createWidgets(local, objects, webhook);
    const cluster = await connect(local);
    let version: "v1" | "v2" = "v1";
    return {
      name: `custom resources, conversion ${conversion}`,
      local,
      makeStale: async () => {
        version = version === "v1" ? "v2" : "v1";
        await flip(local, version);
        return { local, cluster, resource: { group: GROUP, plural: PLURAL, version } };
      },
      countStored: async (): Promise<Stored> => {
        const stored = await readEtcd(local.etcd, `/registry/${GROUP}/${PLURAL}/`);
        return countLeft(stored, isStoredAs(`${GROUP}/${version}`));
      },
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
