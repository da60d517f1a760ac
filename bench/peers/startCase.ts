import type { Cluster } from "../../components/kubernetes/cluster";
import { startCluster, type Cluster as LocalCluster, type ClusterOptions } from "../../local/cluster/cluster";
import { endWhenInterrupted } from "../interrupted";
import type { Case } from "./stage";

/** What is particular to a case, and the client that it is migrated by. */
type Made = Omit<Case, "local" | "end"> & { cluster: Cluster };

/** A case on a control plane of its own, which is stopped with it, or where the case cannot be made. */
export async function startCase(options: ClusterOptions, make: (local: LocalCluster) => Promise<Made>): Promise<Case> {
  const local = await startCluster(options);
  endWhenInterrupted(local);
  try {
    const { cluster, ...made } = await make(local);
    return {
      ...made,
      local,
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
