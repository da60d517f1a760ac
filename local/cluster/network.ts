import type { EtcdPorts } from "./etcd";
import { named, unshare } from "./namespaces";
import { freePorts } from "./ports";
import type { Processes } from "./processes";
import { Relay } from "./relays";

export type NetworkKind = "loopback" | "namespace";

/** Where one API server lives. */
export interface ServerPlace {
  /** undefined: the machine's own */
  host?: string;
  /** This server alone, from here. */
  url: string;
  bindAddress: string;
  port: number;
  /** as it reaches it */
  etcd: string;
  /** Flags that only this network needs. */
  flags: string[];
  /** Puts before a command what has it run there, under this host's name. */
  launch(command: string[]): string[];
}

/** The network in which the programs of one cluster meet. */
export interface Network {
  readonly kind: NetworkKind;
  /** What the kubeconfigs name, from here. */
  readonly server: string;
  /** From here. */
  readonly etcd: string;
  /** Where etcd listens, in its own network. */
  readonly etcdPorts: EtcdPorts;
  /** Puts before a command what has it run in this network. */
  launch(command: string[]): string[];
  open(): Promise<void>;
  /** A place for one more API server; the balancer sends it connections from now on. */
  add(): Promise<ServerPlace>;
  /** Whether that server reaches etcd, and then the balancer it: one that asks for its readiness leaves it out. */
  connectToEtcd(place: ServerPlace, connected: boolean): Promise<void>;
  /** Whether the balancer before several servers takes connections; cut, those that it carries end. */
  connectBalancer(connected: boolean): Promise<void>;
}

export interface NetworkOptions {
  dir: string;
  binary: string;
  processes: Processes;
  /** how many API servers at first */
  servers: number;
}

/** EndpointSlice default/kubernetes takes no loopback address, and 1.37 does not start while it cannot write it. */
const noEndpoints = "--endpoint-reconciler-type=none";

/** Free ports of 127.0.0.1. A single API server is reached without a balancer, and has the machine's own name. */
export async function loopback(options: NetworkOptions): Promise<Network> {
  const [client = 0, peer = 0, front = 0] = await freePorts(3);
  const etcd = `http://127.0.0.1:${client}`;
  const single = options.servers === 1;
  const own = single ? { command: [] } : unshare("--uts");
  if ("refused" in own)
    throw new Error(
      `no hostname for each API server (${own.refused}); expected Linux with UTS namespaces: start one API server`,
    );
  const [singlePort = front] = single ? [front] : [];
  const relay = new Relay(options.processes, "balancer", options.dir);
  const targets: string[] = [];
  const cutOff = new Set<string>();
  const balanced = () => ({ listen: `127.0.0.1:${front}`, to: targets.filter((target) => !cutOff.has(target)) });
  return {
    kind: "loopback",
    server: `https://127.0.0.1:${front}`,
    etcd,
    etcdPorts: { client, peer },
    launch: (command) => command,
    open: async () => void (single || (await relay.start())),
    add: async () => {
      const common = { bindAddress: "127.0.0.1", flags: [noEndpoints] };
      if (single) {
        if (targets.push("") > 1)
          throw new Error("one API server without a balancer; start the cluster with 2 or more");
        const url = `https://127.0.0.1:${singlePort}`;
        return { ...common, url, port: singlePort, etcd, launch: (command) => command };
      }
      const [port = 0, etcdPort = 0] = await freePorts(2);
      targets.push(`127.0.0.1:${port}`);
      const host = `cp-${targets.length}`;
      await relay.set({
        front: balanced(),
        [`etcd ${host}`]: { listen: `127.0.0.1:${etcdPort}`, to: [`127.0.0.1:${client}`] },
      });
      return {
        ...common,
        host,
        url: `https://127.0.0.1:${port}`,
        port,
        etcd: `http://127.0.0.1:${etcdPort}`,
        launch: (command) => [...own.command, ...named(host), ...command],
      };
    },
    connectToEtcd: async (place, connected) => {
      const { host } = place;
      if (host === undefined)
        throw new Error("a single API server has no road of its own to etcd; start the cluster with 2 or more");
      cutOff[connected ? "delete" : "add"](addressOf(place));
      const route = { listen: new URL(place.etcd).host, to: [`127.0.0.1:${client}`] };
      await relay.set({ [`etcd ${host}`]: connected ? route : undefined, front: balanced() });
    },
    connectBalancer: (connected) => relay.set({ front: connected ? balanced() : undefined }),
  };
}

/** As GET /api tells it. */
export function addressOf({ bindAddress, port }: ServerPlace): string {
  return `${bindAddress}:${port}`;
}
