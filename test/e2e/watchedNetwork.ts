import * as fs from "fs";
import * as path from "path";
import { checkout } from "../../local/checkout";
import type { Cluster } from "../../local/cluster/cluster";
import { enterNetwork, unshare, type Unshare } from "../../local/cluster/namespaces";
import { ready } from "../../local/cluster/ready";
import { cached } from "../../local/toolchain/cache";
import { digestOf } from "../../local/toolchain/digest";
import { findGo } from "../../local/toolchain/go";
import { goBuild } from "../../local/toolchain/goBuild";

/** A network namespace in which every address can be sent to, and whoever is sent anything is written down. */
export interface WatchedNetwork {
  /** Put before a command, has it run there. */
  launch: string[];
  /** Whom anything in there has sent a packet to, loopback left out; with each name that a name server was asked for. */
  seen(): string[];
}

/** How a network namespace is had here, or what the system says to it. */
export const ownNetwork = unshare("--net");

/**
 * @param ports of 127.0.0.1 that are in there what they are out here: the API server's, a webhook's. Unix sockets, which are files, lead to
 * them: they are the one way out.
 */
export async function watchNetwork(cluster: Cluster, own: Unshare, ports: number[]): Promise<WatchedNetwork> {
  const dir = path.join(cluster.dir, "watched");
  fs.mkdirSync(dir);
  const seenFile = path.join(dir, "seen");
  const socket = (port: number): string => path.join(cluster.socketFolder(), `port-${port}`);
  const relay = async (name: string, before: string[], routes: { listen: string; to: string[] }[]): Promise<number> => {
    const file = path.join(dir, `${name}.json`);
    fs.writeFileSync(file, JSON.stringify({ generation: 1, routes }));
    const program = checkout("dist", "local", "cluster", "relay.js");
    const [command = "", ...args] = [...before, process.execPath, program, file];
    const started = cluster.startBeside(`watched-${name}`, command, args);
    await ready(started, () => Promise.resolve(fs.existsSync(`${file}.applied`)));
    return started.pid;
  };
  await relay(
    "outside",
    [],
    ports.map((port) => ({ listen: socket(port), to: [`127.0.0.1:${port}`] })),
  );
  const inhabitant = await relay(
    "inside",
    [...own.command, await watcher(), seenFile],
    ports.map((port) => ({ listen: `127.0.0.1:${port}`, to: [socket(port)] })),
  );
  return {
    launch: enterNetwork(own, inhabitant),
    seen: () => fs.readFileSync(seenFile, "utf8").split("\n").filter(Boolean),
  };
}

/** The program that makes and watches it; what it needs is in Go's standard library. */
async function watcher(): Promise<string> {
  const source = checkout("test", "e2e", "watchednetwork");
  const inputs = ["main.go", "go.mod"].map((name) => path.join(source, name));
  const folder = await cached({
    name: "watched-network",
    key: digestOf(inputs, [process.platform, process.arch]),
    make: async (target) =>
      goBuild(await findGo(), {
        subject: "watched network",
        folder: source,
        package: ".",
        output: path.join(target, "watched-network"),
      }),
  });
  return path.join(folder, "watched-network");
}
