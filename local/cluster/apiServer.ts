import { connect, type Client, type Endpoint } from "./client";
import { apiServerFlags, type ApiServerSettings } from "./flags";
import { addressOf, type Network, type ServerPlace } from "./network";
import type { Processes } from "./processes";
import { ready } from "./ready";

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
    private readonly network: Network,
    private readonly place: ServerPlace,
    readonly endpoint: Endpoint,
  ) {
    this.client = connect(endpoint);
    this.flags = settings.extra;
  }

  /** undefined: the machine's own */
  get host(): string | undefined {
    return this.place.host;
  }

  /** As GET /api tells it. */
  get address(): string {
    return addressOf(this.place);
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
    const command = [
      this.settings.binary,
      "kube-apiserver",
      ...apiServerFlags({ ...this.settings, extra: flags }, this.place),
    ];
    const [program = "", ...args] = this.place.launch(command);
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

  /** Ends it cleanly, if it runs, and starts it again. */
  async restart(flags = this.flags): Promise<void> {
    await this.end();
    await this.start(flags);
  }

  /**
   * Cuts its connections to etcd: it keeps answering what it can, its Lease is not renewed, and the balancer leaves it out, as one
   * does that asks whether it is ready.
   */
  async cutOff(): Promise<void> {
    await this.network.connectToEtcd(this.place, false);
  }

  async rejoin(): Promise<void> {
    await this.network.connectToEtcd(this.place, true);
  }

  async pause(): Promise<void> {
    await this.processes.pause(this.name);
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
