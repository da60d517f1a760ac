import { parseArgs } from "node:util";
import type { LocalApiServer } from "./cluster/apiServer";
import { startCluster } from "./cluster/cluster";
import { isRunning } from "./processes";
import { atThePlace, inUse, place } from "./place";
import { say } from "./say";
import { shareKubeconfig } from "./shareKubeconfig";
import { chosenVersion } from "./toolchain/controlPlane";

/** `npm run cluster`: a control plane that stays up until `npm run down`. */
async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { kubernetes: { type: "string" }, servers: { type: "string", default: "1" } },
  });
  const servers = Number(values.servers);
  if (!Number.isInteger(servers) || servers < 1 || servers > 9)
    throw new Error(`--servers: found "${values.servers}"; expected a number from 1 to 9`);
  const version = chosenVersion(args);
  await atThePlace(async () => {
    const running = await inUse();
    if (running) {
      const lacking = running.processes.filter((record) => !isRunning(record)).map(({ name }) => name);
      const problem = running.owner
        ? `process ${running.owner.pid} (npm start) uses a control plane here; expected none`
        : running.version !== version
          ? `a control plane for Kubernetes ${running.version} is up here; expected ${version} or none`
          : lacking.length > 0
            ? `a control plane is up here without ${lacking.join(", ")}, which ended by itself; expected all of it`
            : undefined;
      if (problem) throw new Error(`${problem}: end it with \`npm run down\` first`);
      return tell(running.version);
    }
    const network = servers > 1 ? "namespace" : "loopback";
    const cluster = await startCluster({ dir: place.cluster, version, servers, network, staysUp: true });
    shareKubeconfig();
    if (cluster.noPrivateNetwork !== undefined)
      say(`no private network here (${cluster.noPrivateNetwork}): the API servers share the loopback address`);
    tell(version, cluster.apiServers);
  });
}

function tell(version: string, servers: readonly LocalApiServer[] = []): void {
  say(`Kubernetes ${version} is up; only this machine reaches it`);
  const named = servers.filter(({ host }) => host !== undefined);
  const each = named.map(({ host = "", address, endpoint }) => `\n  ${host.padEnd(12)} ${endpoint.server}, ${address}`);
  console.log(
    `\n  kubeconfig   ${place.kubeconfig}${each.join("")}\n  logs         ${place.cluster}/*.log\n  end it       npm run down\n`,
  );
}

process.exitCode = 1; // until it is up: Node ends with 0 where what it waits for can no longer come
main(process.argv.slice(2)).then(
  () => (process.exitCode = 0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
