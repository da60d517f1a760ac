import { mkdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { ProcessRecord, StartedProcess } from "../processes";
import { controlPlaneBinary, type KubernetesVersion } from "../toolchain/controlPlane";
import { LocalApiServer } from "./apiServer";
import type { Client } from "./client";
import { prepareEncryption, type EncryptionOptions } from "./encryption";
import { answersAs, etcdFlags } from "./etcd";
import { controllerManagerFlags, type StorageMigrationApi } from "./flags";
import { writeKubeconfig } from "./kubeconfig";
import { makeCredentials } from "./pki";
import type { Network, NetworkKind } from "./network";
import { openNetwork } from "./privateNetwork";
import { Processes } from "./processes";
import { ready } from "./ready";
import { endCluster, thisProcess, writeState } from "./state";
import { makeUser, type PolicyRule } from "./users";

export interface ClusterOptions {
  /** Everything the cluster keeps: credentials, etcd's data, logs. What was there before is removed. */
  dir: string;
  /** @default "1.37" */
  version?: KubernetesVersion;
  /** The API server's --request-timeout. A rollout waits it out after each flip, so a local run wants it short. @default 3 */
  requestTimeoutSeconds?: number;
  /** How often the API server has etcd forget old revisions. @default etcd's history stays for 5 minutes */
  compactionSeconds?: number;
  /** How often the API server renews its identity Lease; real ones do it every 10 s. @default 1 */
  leaseRenewalSeconds?: number;
  /** @default "default": what this release can serve */
  storageMigration?: StorageMigrationApi;
  /** Without kube-controller-manager nobody carries a StorageVersionMigration out. @default true */
  controllerManager?: boolean;
  /** Off is faster and does not survive a crash of the machine. @default true */
  syncToDisk?: boolean;
  /** More than one get a hostname each, cp-1 to cp-N, and a TCP balancer in front. Linux only. @default 1 */
  servers?: number;
  /**
   * "namespace": etcd and the API servers meet in a network namespace, with an address for each and all of them in EndpointSlice
   * default/kubernetes. Where the system allows none it is "loopback", and the cluster says so. @default "loopback"
   */
  network?: NetworkKind;
  /** Of several servers one that does not serve a version asks another that does. From 1.36 on. @default false */
  mixedVersionProxy?: boolean;
  /** Encryption at rest, with a configuration file for each server. @default none */
  encryption?: EncryptionOptions;
  /** More flags for kube-apiserver. */
  apiServerFlags?: string[];
  /** More controllers of kube-controller-manager. @default what a migration needs */
  controllers?: string[];
  /** The cluster outlives this process. @default false */
  staysUp?: boolean;
}

export interface Cluster {
  version: KubernetesVersion;
  dir: string;
  /** admin's */
  kubeconfig: string;
  /** What the kubeconfigs name: the API server, or the balancer before several. */
  server: string;
  etcd: string;
  network: NetworkKind;
  /** Why it is "loopback" though "namespace" was asked for. */
  noPrivateNetwork?: string;
  apiServers: readonly [LocalApiServer, ...LocalApiServer[]];
  /** One more beside several, behind the same balancer. */
  addApiServer(): Promise<LocalApiServer>;
  /** speaks as admin, to the first API server */
  client: Client;
  readonly pids: Record<string, number>;
  /** Writes a kubeconfig for a user that holds exactly these rules. @param through `server` unless given */
  userKubeconfig(name: string, rules: readonly PolicyRule[], through?: string): Promise<string>;
  /** The balancer before several takes no connection any more, and those that it carries end. */
  cutBalancer(): Promise<void>;
  restoreBalancer(): Promise<void>;
  /** SIGKILL, as a crash: the identity Lease stays behind. */
  killApiServer(): Promise<void>;
  /** Starts it again on its port, after ending it cleanly if it runs. Without flags it gets those it had. */
  restartApiServer(flags?: string[]): Promise<void>;
  pauseApiServer(): Promise<void>;
  resumeApiServer(): void;
  /** For a backup, a restore, or another cluster at the same address: stops etcd and the API server, edits etcd's data, starts both. */
  whileEtcdStopped(edit: (dataDir: string) => void): Promise<void>;
  /** SIGKILL, as a crash; what it had not written to disk is lost. */
  killEtcd(): Promise<void>;
  startEtcd(): Promise<void>;
  stopControllerManager(): Promise<void>;
  /** SIGKILL, as a crash. */
  killControllerManager(): Promise<void>;
  startControllerManager(): void;
  /** A folder of short name for unix sockets, which goes with the cluster. */
  socketFolder(): string;
  /** Starts another program that ends with this cluster, say a webhook. Its output goes to a file beside the other logs. */
  startBeside(name: string, command: string, args: string[], env?: NodeJS.ProcessEnv): StartedProcess;
  endBeside(name: string): Promise<void>;
  /** SIGKILL, as a crash. */
  killBeside(name: string): Promise<void>;
  /** Ends every process and waits for it. */
  stop(): Promise<void>;
}

const attempts = 3;

/** Starts etcd, kube-apiserver and kube-controller-manager on free loopback ports and returns when the API server answers and has its identity Lease. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const version = options.version ?? "1.37";
  const binary = await controlPlaneBinary(version);
  await endCluster(options.dir);
  for (let attempt = 1; ; attempt++) {
    rmSync(options.dir, { recursive: true, force: true });
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
    try {
      return await startOnce(options, version, binary);
    } catch (error) {
      await endCluster(options.dir);
      // Another program may take a port between our look and etcd's or the API server's own.
      if (attempt === attempts || !/address already in use/.test((error as Error).message)) throw error;
    }
  }
}

async function startOnce(options: ClusterOptions, version: KubernetesVersion, binary: string): Promise<Cluster> {
  const { dir, servers = 1 } = options;
  const kubeconfig = join(dir, "kubeconfig");
  const owner = options.staysUp ? {} : { owner: thisProcess() };
  const record = (processes: ProcessRecord[], sockets?: string): void =>
    writeState(dir, { version, kubeconfig, processes, ...(sockets !== undefined && { sockets }), ...owner });
  record([]);
  const processes = new Processes(dir, record);
  const network = await openNetwork(options.network ?? "loopback", { dir, binary, processes, servers });
  const { server, etcd } = network;
  const { ca, ...tokens } = await makeCredentials(dir);
  writeKubeconfig(kubeconfig, "admin", { server, ca, token: tokens.admin });
  writeKubeconfig(join(dir, "controller-manager.kubeconfig"), "kube-controller-manager", {
    server,
    ca,
    token: tokens.controllerManager,
  });

  const settings = {
    binary,
    dir,
    version,
    requestTimeoutSeconds: options.requestTimeoutSeconds ?? 3,
    ...(options.compactionSeconds !== undefined && { compactionSeconds: options.compactionSeconds }),
    leaseRenewalSeconds: options.leaseRenewalSeconds ?? 1,
    storageMigration: options.storageMigration ?? "default",
    mixedVersionProxy: options.mixedVersionProxy ?? false,
    extra: options.apiServerFlags ?? [],
  } as const;
  const placeServer = async (): Promise<LocalApiServer> => {
    const place = await network.add();
    const encryption = options.encryption && prepareEncryption(dir, place.host ?? hostname(), options.encryption);
    const endpoint = { server: place.url, ca, token: tokens.admin };
    return new LocalApiServer(processes, { ...settings, ...(encryption && { encryption }) }, network, place, endpoint);
  };
  const first = await placeServer();
  const apiServers: [LocalApiServer, ...LocalApiServer[]] = [first];
  while (apiServers.length < servers) apiServers.push(await placeServer());
  const startControllerManager = (): void =>
    void processes.start("kube-controller-manager", binary, [
      "kube-controller-manager",
      ...controllerManagerFlags(settings, options.controllers),
    ]);

  const runEtcd = (): Promise<void> => startEtcd(processes, binary, dir, network, options.syncToDisk ?? true);
  const startAll = async (): Promise<void> => {
    await first.start(); // it writes what all of them need
    await Promise.all(apiServers.slice(1).map((each) => each.start()));
  };

  await network.open();
  await runEtcd();
  await startAll();
  if (options.controllerManager !== false) startControllerManager();

  return {
    version,
    dir,
    kubeconfig,
    server,
    etcd,
    network: network.kind,
    ...(network.instead !== undefined && { noPrivateNetwork: network.instead }),
    apiServers,
    addApiServer: async () => {
      const added = await placeServer();
      apiServers.push(added);
      await added.start();
      return added;
    },
    client: first.client,
    get pids() {
      return processes.pids();
    },
    userKubeconfig: (name, rules, through = server) => makeUser(first.client, through, dir, name, rules),
    cutBalancer: () => network.connectBalancer(false),
    restoreBalancer: () => network.connectBalancer(true),
    killApiServer: () => first.kill(),
    restartApiServer: (flags) => first.restart(flags),
    pauseApiServer: () => first.pause(),
    resumeApiServer: () => first.resume(),
    whileEtcdStopped: async (edit) => {
      for (const each of apiServers) await each.end();
      await processes.end("etcd");
      edit(join(dir, "etcd"));
      await runEtcd();
      await startAll();
    },
    killEtcd: () => processes.kill("etcd"),
    startEtcd: runEtcd,
    stopControllerManager: () => processes.end("kube-controller-manager"),
    killControllerManager: () => processes.kill("kube-controller-manager"),
    startControllerManager,
    socketFolder: () => processes.socketFolder(),
    startBeside: (name, command, args, env) => processes.start(name, command, args, env),
    endBeside: (name) => processes.end(name),
    killBeside: (name) => processes.kill(name),
    stop: async () => {
      for (const each of apiServers) each.client.close();
      await endCluster(dir);
    },
  };
}

async function startEtcd(
  processes: Processes,
  binary: string,
  dir: string,
  network: Network,
  syncToDisk: boolean,
): Promise<void> {
  // A name of its own: whoever answers at this address is known by it.
  const name = `local-${new URL(network.etcd).port}-${process.pid}`;
  const [command = "", ...args] = network.launch([
    binary,
    "etcd",
    ...etcdFlags(name, dir, network.etcdPorts, syncToDisk),
  ]);
  await ready(processes.start("etcd", command, args), () => answersAs(network.etcd, name));
}
