import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../checkout";
import type { Cluster } from "../cluster/cluster";
import { writePrivately } from "../cluster/kubeconfig";
import { ready } from "../cluster/ready";
import type { KmsKeys } from "./plugin";

/** A stand-in KMS v2 plugin that runs beside a local cluster; what it prints is in DIR/NAME.log. */
export interface KmsPlugin {
  /** for `kms: { apiVersion: v2, name, endpoint }` in an EncryptionConfiguration */
  endpoint: string;
  /** From now on it encrypts under the key of this id, a new one if it has none yet. API servers ask for it once a minute. */
  useKey(id: string): void;
  /** What it says of its health; anything but "ok" is an error to the API servers. */
  setHealth(healthz: string): void;
  /** It knows this key no more. */
  forgetKey(id: string): void;
  end(): Promise<void>;
}

export async function startKmsPlugin(
  cluster: Pick<Cluster, "dir" | "startBeside" | "endBeside" | "socketFolder">,
  firstKey: string,
  name = "kms-plugin",
): Promise<KmsPlugin> {
  const socket = join(cluster.socketFolder(), name);
  const file = join(cluster.dir, `${name}.keys.json`);
  const edit = (change: (keys: KmsKeys) => void): void => {
    const keys = JSON.parse(readFileSync(file, "utf8")) as KmsKeys;
    change(keys);
    writePrivately(file, JSON.stringify(keys, null, 2));
  };
  const newKey = (): string => randomBytes(32).toString("base64");
  writePrivately(file, JSON.stringify({ current: firstKey, keys: { [firstKey]: newKey() }, healthz: "ok" }));
  const program = checkout("dist", "local", "kms", "main.js");
  const started = cluster.startBeside(name, process.execPath, [program, socket, file]);
  await ready(started, () => Promise.resolve(existsSync(socket)));
  return {
    endpoint: `unix://${socket}`,
    useKey: (id) =>
      edit((keys) => {
        keys.keys[id] ??= newKey();
        keys.current = id;
      }),
    setHealth: (healthz) => edit((keys) => void (keys.healthz = healthz)),
    forgetKey: (id) => edit((keys) => void delete keys.keys[id]),
    end: () => cluster.endBeside(name),
  };
}
