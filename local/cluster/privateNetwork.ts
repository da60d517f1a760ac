import { join } from "node:path";
import { egressConfiguration } from "../egress";
import { writePrivately } from "./kubeconfig";
import { addressOf, loopback, type Network, type NetworkKind, type NetworkOptions } from "./network";
import { enterNetwork, named, type Unshare, unshare } from "./namespaces";
import { freePorts } from "./ports";
import { Relay } from "./relays";

const subnet = "10.77.0.1/24";
const balancer = "10.77.0.1:6443";
const port = 6443;
const etcdPorts = { client: 2379, peer: 2380 };
const etcd = `127.0.0.1:${etcdPorts.client}`;

/** The network asked for; where the system allows no private one, loopback, and why. */
export async function openNetwork(kind: NetworkKind, options: NetworkOptions): Promise<Network & { instead?: string }> {
  if (kind === "loopback") return loopback(options);
  const own = unshare("--net", "--uts");
  return "refused" in own ? { ...(await loopback(options)), instead: own.refused } : privateNetwork(options, own);
}

/**
 * A network namespace with etcd, the API servers, each at an address of its own, and the balancer before them. Nothing leads out of it but unix
 * sockets, which are files: a relay on each side makes them ports of 127.0.0.1 here, and takes the API servers' calls to webhooks the other way.
 */
async function privateNetwork({ dir, binary, processes }: NetworkOptions, own: Unshare): Promise<Network> {
  const [front = 0, etcdFront = 0] = await freePorts(2);
  const socket = (name: string): string => join(processes.socketFolder(), name);
  let inhabitant = 0;
  const enter = (): string[] => enterNetwork(own, inhabitant);
  const inside = new Relay(processes, "relay-inside", dir, (command) => [
    ...own.command,
    binary,
    "network",
    subnet,
    ...command,
  ]);
  const outside = new Relay(processes, "relay-outside", dir);
  const egress = join(dir, "egress.yaml");
  writePrivately(egress, egressConfiguration(socket("out"), ["controlplane", "cluster"]));
  const targets: string[] = [];
  const cutOff = new Set<string>();
  const balanced = () => {
    const to = targets.filter((target) => !cutOff.has(target));
    return { front: { listen: socket("balancer"), to }, balancer: { listen: balancer, to } };
  };
  const toBalancer = { listen: `127.0.0.1:${front}`, to: [socket("balancer")] };
  let etcdRoads = etcdPorts.client;
  return {
    kind: "namespace",
    server: `https://127.0.0.1:${front}`,
    etcd: `http://127.0.0.1:${etcdFront}`,
    etcdPorts,
    launch: (command) => [...enter(), ...command],
    open: async () => {
      await inside.set({ etcd: { listen: socket("etcd"), to: [etcd] } });
      inhabitant = await inside.start();
      await outside.set({
        front: toBalancer,
        etcd: { listen: `127.0.0.1:${etcdFront}`, to: [socket("etcd")] },
        out: { listen: socket("out"), to: "proxy" },
      });
      await outside.start();
    },
    add: async () => {
      const [ownPort = 0] = await freePorts(1);
      const number = targets.length + 1;
      const host = `cp-${number}`;
      const address = `10.77.0.${10 + number}`;
      const road = `127.0.0.1:${(etcdRoads += 10)}`;
      targets.push(`${address}:${port}`);
      await inside.set({
        ...balanced(),
        [host]: { listen: socket(host), to: [`${address}:${port}`] },
        [`etcd ${host}`]: { listen: road, to: [etcd] },
      });
      await outside.set({ [host]: { listen: `127.0.0.1:${ownPort}`, to: [socket(host)] } });
      return {
        host,
        url: `https://127.0.0.1:${ownPort}`,
        bindAddress: address,
        port,
        etcd: `http://${road}`,
        flags: [`--egress-selector-config-file=${egress}`],
        launch: (command) => [...enter(), "unshare", "--uts", ...named(host), ...command],
      };
    },
    connectToEtcd: async (place, connected) => {
      cutOff[connected ? "delete" : "add"](addressOf(place));
      const road = connected ? { listen: new URL(place.etcd).host, to: [etcd] } : undefined;
      await inside.set({ [`etcd ${place.host}`]: road, ...balanced() });
    },
    connectBalancer: (connected) => outside.set({ front: connected ? toBalancer : undefined }),
  };
}
