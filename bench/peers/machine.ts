import * as fs from "fs";
import * as os from "os";
import { describeCount } from "../../components/kubernetes/count";
import { checkout } from "../../local/checkout";
import type { Cluster as LocalCluster } from "../../local/cluster/cluster";
import { moduleVersion } from "./subjects/programs";

/** On what the figures were taken, as a line. */
export function describeMachine(): string {
  const cpus = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return `${cpus.length} cores (${cpus[0]?.model ?? "unknown"}), ${memory} GiB, ${os.type()} ${os.release()}, ${describeLoad()}`;
}

/** How much else the machine had to do. */
export function describeLoad(): string {
  return `load average ${os
    .loadavg()
    .map((load) => load.toFixed(1))
    .join(" ")}`;
}

/** What the figures are of, as a line. */
export async function describeVersions({ client, apiServers }: LocalCluster): Promise<string> {
  const { gitVersion } = (await client.get("/version")) as { gitVersion: string };
  const requires = (module: string): string => fs.readFileSync(checkout("bench", "peers", module, "go.mod"), "utf8");
  return [
    `Kubernetes ${gitVersion}, ${describeCount(apiServers.length, "API server")}`,
    `Node ${process.version}`,
    `Cluster API ${moduleVersion(requires("crdmigrator"), "sigs.k8s.io/cluster-api")}`,
    `kubectl ${moduleVersion(requires("clients"), "k8s.io/kubectl")}`,
    `client-go ${moduleVersion(requires("clients"), "k8s.io/client-go")}`,
  ].join(", ");
}
