import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  endProcess,
  isRunning,
  lastLines,
  signalGroup,
  startProcess,
  type ProcessRecord,
  type StartedProcess,
} from "../processes";
import type { Client } from "./client";
import { answersAs, etcdFlags, type EtcdPorts } from "./etcd";
import { apiServerFlags, controllerManagerFlags, type ApiServerSettings } from "./flags";

export interface Settings extends ApiServerSettings {
  binary: string;
  etcdPorts: EtcdPorts;
  leaseRenewalSeconds: number;
  syncToDisk: boolean;
}

const startMilliseconds = 60_000;

/** The processes of one cluster. Every change is reported to `record` before anything waits for it, so that nothing is ever running unrecorded. */
export class Components {
  private readonly running = new Map<string, StartedProcess>();
  private flags: string[];

  constructor(
    private readonly settings: Settings,
    private readonly admin: Client,
    private readonly record: (processes: ProcessRecord[]) => void,
  ) {
    this.flags = settings.extra;
  }

  async startEtcd(): Promise<void> {
    // A name of its own: whoever answers on this port is known by it.
    const name = `local-${this.settings.etcdPorts.client}-${process.pid}`;
    const etcd = this.start(
      "etcd",
      etcdFlags(name, this.settings.dir, this.settings.etcdPorts, this.settings.syncToDisk),
    );
    await this.until(etcd, () => answersAs(this.settings.etcd, name));
  }

  async startApiServer(flags = this.flags): Promise<void> {
    this.flags = flags;
    const server = this.start("kube-apiserver", apiServerFlags({ ...this.settings, extra: flags }), {
      ...process.env,
      CONTROLPLANE_LEASE_RENEWAL: `${this.settings.leaseRenewalSeconds}s`,
    });
    // The certificate is this cluster's own, so an answer can only be this server's.
    await this.until(
      server,
      async () => (await this.admin.send("GET", "/readyz")).status === 200 && (await this.hasLease()),
    );
  }

  startControllerManager(): void {
    this.start("kube-controller-manager", controllerManagerFlags(this.settings));
  }

  pids(): Record<string, number> {
    return Object.fromEntries([...this.running].map(([name, { pid }]) => [name, pid]));
  }

  async end(name: string): Promise<void> {
    const found = this.running.get(name);
    if (!found) return;
    signalGroup(found, "SIGCONT");
    await endProcess(found);
    this.forget(name);
  }

  async kill(name: string): Promise<void> {
    const found = this.get(name);
    signalGroup(found, "SIGKILL");
    await endProcess(found);
    this.forget(name);
  }

  signal(name: string, signal: NodeJS.Signals): void {
    signalGroup(this.get(name), signal);
  }

  /** Starts another program that belongs to this cluster and ends with it. */
  startBeside(name: string, command: string, args: string[], env?: NodeJS.ProcessEnv): StartedProcess {
    const started = startProcess(name, command, args, join(this.settings.dir, `${name}.log`), env);
    this.running.set(name, started);
    this.recordAll();
    return started;
  }

  private start(name: string, flags: string[], env?: NodeJS.ProcessEnv): StartedProcess {
    return this.startBeside(name, this.settings.binary, [name, ...flags], env);
  }

  private get(name: string): StartedProcess {
    const found = this.running.get(name);
    if (!found) throw new Error(`${name} is not running; expected it to be: start it first`);
    return found;
  }

  private forget(name: string): void {
    this.running.delete(name);
    // Connections kept alive to a server that is gone would fail the first call to the next one.
    if (name === "kube-apiserver") this.admin.close();
    this.recordAll();
  }

  private recordAll(): void {
    this.record([...this.running.values()].map(({ name, pid, started }) => ({ name, pid, started })));
  }

  private async hasLease(): Promise<boolean> {
    const path =
      "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=apiserver.kubernetes.io%2Fidentity%3Dkube-apiserver";
    const answer = await this.admin.send("GET", path);
    return answer.status === 200 && (answer.body as { items: unknown[] }).items.length > 0;
  }

  private async until(started: StartedProcess, ready: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + startMilliseconds;
    while (!(await ready().catch(() => false))) {
      const why = !isRunning(started)
        ? "ended while starting"
        : Date.now() > deadline
          ? `is not ready after ${startMilliseconds / 1000} s`
          : undefined;
      if (why) throw new Error(`${started.name} ${why}; its log, ${started.log}, ends with\n${lastLines(started.log)}`);
      await sleep(50);
    }
  }
}
