import { startCluster } from "../../../local/cluster/cluster";
import { readEtcd } from "../../../local/cluster/etcd";
import { say } from "../../../local/say";
import { endWhenInterrupted } from "../../interrupted";
import { connect, createSecrets, fileOf, load, nextKey } from "../../secrets";
import type { Case } from "../stage";
import { countLeft, isUnderKey } from "../stored";
import { clusterOptions } from "../../clusterOptions";

/** Secrets that go from key to key: both are readable before the next one writes. */
export async function secrets({ servers, objects }: { servers: number; objects: number }): Promise<Case> {
  let key = nextKey();
  const local = await startCluster({ ...clusterOptions(servers), encryption: { text: fileOf(key) } });
  endWhenInterrupted(local);
  try {
    say(`creating ${objects} Secrets`);
    await createSecrets(local, objects);
    const cluster = await connect(local);
    return {
      name: "Secrets",
      local,
      makeStale: async () => {
        const next = nextKey(key);
        const file = fileOf(next, key);
        await load(local, cluster, fileOf(key, next));
        await load(local, cluster, file);
        key = next;
        const encryption = { file, writeKey: `secretbox:${next.name}` };
        return { local, cluster, resource: { group: "", plural: "secrets", version: "v1" }, encryption };
      },
      countStored: async () => countLeft(await readEtcd(local.etcd, "/registry/secrets/"), isUnderKey(key.name)),
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
