import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ProcessRecord, StartedProcess } from "../processes";
import { controlPlaneBinary, type KubernetesVersion } from "../toolchain/controlPlane";
import { connect, type Client } from "./client";
import { Components } from "./components";
import type { StorageMigrationApi } from "./flags";
import { writeKubeconfig } from "./kubeconfig";
import { makeCredentials } from "./pki";
import { freePorts } from "./ports";
import { endCluster, thisProcess, writeState } from "./state";
import { makeUser, type PolicyRule } from "./users";

export interface ClusterOptions {
  /** Everything the cluster keeps: credentials, etcd's data, logs. What was there before is removed. */
  dir: string;
  /** @default "1.37" */
  version?: KubernetesVersion;
  /** The API server's --request-timeout. A rollout waits it out after each flip, so a local run wants it short. @default 3 */
  requestTimeoutSeconds?: number;
  /** How often the API server renews its identity Lease; real ones do it every 10 s. @default 1 */
  leaseRenewalSeconds?: number;
  /** @default "default": what this release can serve */
  storageMigration?: StorageMigrationApi;
  /** Without kube-controller-manager nobody carries a StorageVersionMigration out. @default true */
  controllerManager?: boolean;
  /** Off is faster and does not survive a crash of the machine. @default true */
  syncToDisk?: boolean;
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
  server: string;
  etcd: string;
  /** speaks as admin */
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
  const { dir } = options;
  const [port = 0, client = 0, peer = 0] = await freePorts(3);
  const server = `https://127.0.0.1:${port}`;
  const etcd = `http://127.0.0.1:${client}`;
  const kubeconfig = join(dir, "kubeconfig");
  const record = (processes: ProcessRecord[]): void =>
    writeState(dir, { version, kubeconfig, etcd, processes, ...(!options.staysUp && { owner: thisProcess() }) });
  record([]);
  const credentials = await makeCredentials(dir);
  writeKubeconfig(kubeconfig, "admin", { server, ca: credentials.ca, token: credentials.admin });
  writeKubeconfig(join(dir, "controller-manager.kubeconfig"), "kube-controller-manager", {
    server,
    ca: credentials.ca,
    token: credentials.controllerManager,
  });

  const admin = connect({ server, ca: credentials.ca, token: credentials.admin });
  const settings = {
    binary,
    dir,
    version,
    port,
    etcd,
    etcdPorts: { client, peer },
    requestTimeoutSeconds: options.requestTimeoutSeconds ?? 3,
    leaseRenewalSeconds: options.leaseRenewalSeconds ?? 1,
    storageMigration: options.storageMigration ?? "default",
    syncToDisk: options.syncToDisk ?? true,
    extra: options.apiServerFlags ?? [],
  } as const;
  const components = new Components(settings, admin, record);
  await components.startEtcd();
  await components.startApiServer();
  if (options.controllerManager !== false) components.startControllerManager();

  return {
    version,
    dir,
    kubeconfig,
    server,
    etcd,
    client: admin,
    get pids() {
      return components.pids();
    },
    userKubeconfig: (name, rules) => makeUser(admin, dir, name, rules),
    killApiServer: () => components.kill("kube-apiserver"),
    restartApiServer: async (flags) => {
      await components.end("kube-apiserver");
      await components.startApiServer(flags);
    },
    pauseApiServer: () => components.signal("kube-apiserver", "SIGSTOP"),
    resumeApiServer: () => components.signal("kube-apiserver", "SIGCONT"),
    whileEtcdStopped: async (edit) => {
      await components.end("kube-apiserver");
      await components.end("etcd");
      edit(join(dir, "etcd"));
      await components.startEtcd();
      await components.startApiServer();
    },
    stopControllerManager: () => components.end("kube-controller-manager"),
    startControllerManager: () => components.startControllerManager(),
    startBeside: (name, command, args) => components.startBeside(name, command, args),
    endBeside: (name) => components.end(name),
    stop: async () => {
      admin.close();
      await endCluster(dir);
    },
  };
}
