import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, lastLines, type StartedProcess } from "../processes";
import { connect, type Client, type Endpoint } from "./client";
import { apiServerFlags, type ApiServerSettings } from "./flags";
import type { Processes } from "./processes";

export interface ServerSettings extends ApiServerSettings {
  binary: string;
  leaseRenewalSeconds: number;
}

const leases =
  "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=apiserver.kubernetes.io%2Fidentity%3Dkube-apiserver";

/** One kube-apiserver process. Its identity Lease bears its host's name, so of several each gets a hostname of its own. */
export class LocalApiServer {
  /** Speaks as admin, to this server. */
  readonly client: Client;
  private flags: string[];

  constructor(
    private readonly processes: Processes,
    private readonly settings: ServerSettings,
    readonly endpoint: Endpoint,
    /** undefined: the machine's own */
    readonly host?: string,
  ) {
    this.client = connect(endpoint);
    this.flags = settings.extra;
  }

  /** Its EncryptionConfiguration. @throws where the cluster was started without one */
  get encryptionFile(): string {
    if (!this.settings.encryption) throw new Error(`${this.name} has no encryption file; start it with encryption: {}`);
    return this.settings.encryption.file;
  }

  get name(): string {
    return this.host === undefined ? "kube-apiserver" : `kube-apiserver-${this.host}`;
  }

  /** Without flags it gets those it had. Returns when it answers and has its identity Lease. */
  async start(flags = this.flags): Promise<void> {
    this.flags = flags;
    const command = [this.settings.binary, "kube-apiserver", ...apiServerFlags({ ...this.settings, extra: flags })];
    const [program = "", ...args] = this.host === undefined ? command : [...underHostname(this.host), ...command];
    const env = {
      ...process.env,
      CONTROLPLANE_LEASE_RENEWAL: `${this.settings.leaseRenewalSeconds}s`,
      ...(this.settings.encryption && { CONTROLPLANE_ENCRYPTION_POLL: `${this.settings.encryption.pollMs}ms` }),
    };
    const started = this.processes.start(this.name, program, args, env);
    // The certificate is this cluster's own, so an answer can only be this server's.
    await ready(
      started,
      async () => (await this.client.send("GET", "/readyz")).status === 200 && (await this.hasLease()),
    );
  }

  /** A clean end: it deletes its identity Lease. */
  async end(): Promise<void> {
    await this.processes.end(this.name);
    this.client.close();
  }

  /** SIGKILL, as a crash: the identity Lease stays behind. */
  async kill(): Promise<void> {
    await this.processes.kill(this.name);
    // Connections kept alive to a server that is gone would fail the first call to the next one.
    this.client.close();
  }

  pause(): void {
    this.processes.signal(this.name, "SIGSTOP");
  }

  resume(): void {
    this.processes.signal(this.name, "SIGCONT");
  }

  private async hasLease(): Promise<boolean> {
    const answer = await this.client.send("GET", leases);
    if (answer.status !== 200) return false;
    const { items } = answer.body as { items: { metadata: { labels: Record<string, string> } }[] };
    return items.some(
      ({ metadata }) => this.host === undefined || metadata.labels["kubernetes.io/hostname"] === this.host,
    );
  }
}

/** A UTS namespace of its own; without root only inside a user namespace. */
function underHostname(host: string): string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  return ["unshare", ...asRoot, "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', host];
}

const startMilliseconds = 60_000;

/** Waits until what was just started is ready; ended or too slow, its log says why. */
export async function ready(started: StartedProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + startMilliseconds;
  while (!(await isReady().catch(() => false))) {
    const why = !isRunning(started)
      ? "ended while starting"
      : Date.now() > deadline
        ? `is not ready after ${startMilliseconds / 1000} s`
        : undefined;
    if (why) throw new Error(`${started.name} ${why}; its log, ${started.log}, ends with\n${lastLines(started.log)}`);
    await sleep(50);
  }
}
