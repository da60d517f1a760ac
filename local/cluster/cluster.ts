import { mkdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { checkout } from "../checkout";
import type { ProcessRecord, StartedProcess } from "../processes";
import { controlPlaneBinary, type KubernetesVersion } from "../toolchain/controlPlane";
import { LocalApiServer, ready } from "./apiServer";
import type { Client } from "./client";
import { prepareEncryption, type EncryptionOptions } from "./encryption";
import { answersAs, etcdFlags, type EtcdPorts } from "./etcd";
import { controllerManagerFlags, type StorageMigrationApi } from "./flags";
import { writeKubeconfig } from "./kubeconfig";
import { makeCredentials } from "./pki";
import { freePorts } from "./ports";
import { Processes } from "./processes";
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
  /** Encryption at rest, with a configuration file for each server. @default none */
  encryption?: EncryptionOptions;
  /** More flags for kube-apiserver. */
  apiServerFlags?: string[];
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
  apiServers: readonly [LocalApiServer, ...LocalApiServer[]];
  /** speaks as admin, to the first API server */
  client: Client;
  readonly pids: Record<string, number>;
  /** Writes a kubeconfig for a user that holds exactly these rules. */
  userKubeconfig(name: string, rules: readonly PolicyRule[]): Promise<string>;
  /** SIGKILL, as a crash: the identity Lease stays behind. */
  killApiServer(): Promise<void>;
  /** Starts it again on its port, after ending it cleanly if it runs. Without flags it gets those it had. */
  restartApiServer(flags?: string[]): Promise<void>;
  pauseApiServer(): void;
  resumeApiServer(): void;
  /** For a backup, a restore, or another cluster at the same address: stops etcd and the API server, edits etcd's data, starts both. */
  whileEtcdStopped(edit: (dataDir: string) => void): Promise<void>;
  stopControllerManager(): Promise<void>;
  startControllerManager(): void;
  /** Starts another program that ends with this cluster, say a webhook. Its output goes to a file beside the other logs. */
  startBeside(name: string, command: string, args: string[]): StartedProcess;
  endBeside(name: string): Promise<void>;
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
  const [client = 0, peer = 0, balancer = 0, ...ports] = await freePorts(3 + servers);
  const etcd = `http://127.0.0.1:${client}`;
  const server = `https://127.0.0.1:${servers === 1 ? ports[0] : balancer}`;
  const kubeconfig = join(dir, "kubeconfig");
  const record = (processes: ProcessRecord[]): void =>
    writeState(dir, { version, kubeconfig, etcd, processes, ...(!options.staysUp && { owner: thisProcess() }) });
  record([]);
  const { ca, ...tokens } = await makeCredentials(dir);
  writeKubeconfig(kubeconfig, "admin", { server, ca, token: tokens.admin });
  writeKubeconfig(join(dir, "controller-manager.kubeconfig"), "kube-controller-manager", {
    server,
    ca,
    token: tokens.controllerManager,
  });

  const processes = new Processes(dir, record);
  const settings = {
    binary,
    dir,
    version,
    etcd,
    requestTimeoutSeconds: options.requestTimeoutSeconds ?? 3,
    ...(options.compactionSeconds !== undefined && { compactionSeconds: options.compactionSeconds }),
    leaseRenewalSeconds: options.leaseRenewalSeconds ?? 1,
    storageMigration: options.storageMigration ?? "default",
    extra: options.apiServerFlags ?? [],
  } as const;
  const apiServers = ports.map((port, index) => {
    const endpoint = { server: `https://127.0.0.1:${port}`, ca, token: tokens.admin };
    const host = servers === 1 ? undefined : `cp-${index + 1}`;
    const encryption = options.encryption && prepareEncryption(dir, host ?? hostname(), options.encryption);
    return new LocalApiServer(processes, { ...settings, port, ...(encryption && { encryption }) }, endpoint, host);
  }) as [LocalApiServer, ...LocalApiServer[]];
  const [first] = apiServers;
  const startControllerManager = (): void =>
    void processes.start("kube-controller-manager", binary, [
      "kube-controller-manager",
      ...controllerManagerFlags(settings),
    ]);

  const runEtcd = (): Promise<void> => startEtcd(processes, settings, { client, peer }, options.syncToDisk ?? true);

  await runEtcd();
  for (const each of apiServers) await each.start(); // the first one writes what all of them need
  if (servers > 1) {
    const program = checkout("dist", "local", "cluster", "balancer.js");
    processes.start("balancer", process.execPath, [program, String(balancer), ...ports.map(String)]);
  }
  if (options.controllerManager !== false) startControllerManager();

  return {
    version,
    dir,
    kubeconfig,
    server,
    etcd,
    apiServers,
    client: first.client,
    get pids() {
      return processes.pids();
    },
    userKubeconfig: (name, rules) => makeUser(first.client, server, dir, name, rules),
    killApiServer: () => first.kill(),
    restartApiServer: async (flags) => {
      await first.end();
      await first.start(flags);
    },
    pauseApiServer: () => first.pause(),
    resumeApiServer: () => first.resume(),
    whileEtcdStopped: async (edit) => {
      for (const each of apiServers) await each.end();
      await processes.end("etcd");
      edit(join(dir, "etcd"));
      await runEtcd();
      for (const each of apiServers) await each.start();
    },
    stopControllerManager: () => processes.end("kube-controller-manager"),
    startControllerManager,
    startBeside: (name, command, args) => processes.start(name, command, args),
    endBeside: (name) => processes.end(name),
    stop: async () => {
      for (const each of apiServers) each.client.close();
      await endCluster(dir);
    },
  };
}

async function startEtcd(
  processes: Processes,
  { binary, dir, etcd }: { binary: string; dir: string; etcd: string },
  ports: EtcdPorts,
  syncToDisk: boolean,
): Promise<void> {
  // A name of its own: whoever answers on this port is known by it.
  const name = `local-${ports.client}-${process.pid}`;
  const started = processes.start("etcd", binary, ["etcd", ...etcdFlags(name, dir, ports, syncToDisk)]);
  await ready(started, () => answersAs(etcd, name));
}
