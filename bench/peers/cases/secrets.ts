import { readEtcd } from "../../../local/cluster/etcd";
import { say } from "../../../local/say";
import { clusterOptions } from "../../clusterOptions";
import { connect, createSecrets, fileOf, load, nextKey } from "../../secrets";
import type { Case } from "../stage";
import { startCase } from "../startCase";
import { countLeft, isUnderKey } from "../stored";

/** Secrets that go from key to key: both are readable before the next one writes. */
export function secrets({ servers, objects }: { servers: number; objects: number }): Promise<Case> {
  let key = nextKey();
  return startCase({ ...clusterOptions(servers), encryption: { text: fileOf(key) } }, async (local) => {
    say(`creating ${objects} Secrets`);
    await createSecrets(local, objects);
    const cluster = await connect(local);
    return {
      name: "Secrets",
      cluster,
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
    };
  });
}
