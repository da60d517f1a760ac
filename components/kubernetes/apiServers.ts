import { AnyApiServer, type ApiServer, PinnedApiServer } from "./apiServer";
import type { Connection } from "./api";
import type { Cluster } from "./cluster";
import { hasStatus, UserError } from "./errors";
import { type IdentityLease, leasesMoved, listIdentityLeases } from "./identityLeases";
import { CONNECTIONS_PER_LEASE, connectToEach } from "./reachableServers";
import type { Report, Work } from "./report";
import { sleep } from "./sleep";

export { type ApiServer, MixedServersError } from "./apiServer";

export interface ApiServersOptions {
  /** Hosts (label kubernetes.io/hostname of the identity Lease) that the user declares gone for good. */
  readonly gone?: readonly string[];
  readonly signal?: AbortSignal;
  readonly report?: Report;
}

/** A server that just started answers before its Lease is there. */
const NEW_LEASE_MS = 30_000;

/** Every kube-apiserver of the cluster, as far as they can be told apart. */
export class ApiServers {
  private mixed = false;
  private readonly stop = new AbortController();
  private waiting: Report = () => undefined;
  private readonly moved: Promise<void>;
  private readonly any: AnyApiServer;

  /** @internal by findApiServers */
  constructor(
    cluster: Cluster,
    private readonly pinned: readonly PinnedApiServer[],
    private readonly leases: readonly IdentityLease[],
    private readonly why: readonly string[],
  ) {
    this.any = new AnyApiServer(cluster, new URL(cluster.server).host);
    // Begun now, awaited late: it takes up to 10 s, and the work in between needs nothing of it.
    this.moved = leasesMoved(cluster, leases, (message) => this.waiting(message), this.stop.signal);
    this.moved.catch(() => undefined);
  }

  /** False: the servers cannot be told apart, and proofs take longer, repeated passes. */
  get distinct(): boolean {
    return this.missingEvidence.length === 0;
  }

  /** One for each address; a single one, standing for whichever answers, where `distinct` is false. */
  get servers(): readonly ApiServer[] {
    return this.distinct ? this.pinned : [this.any];
  }

  /** Why they cannot be told apart, as sentences for the output; empty where they can. */
  get missingEvidence(): readonly string[] {
    return this.mixed ? [...this.why, BALANCED_BY_REQUEST] : this.why;
  }

  /** How many there are; at least one. */
  get count(): number {
    return Math.max(this.leases.length, this.servers.length);
  }

  /** `3 API servers (cp-1, cp-2, cp-3)`. */
  get description(): string {
    const hosts = this.leases.map(({ host }) => host).sort();
    if (hosts.length === 0) return "API servers that cannot be counted";
    return `${hosts.length} API server${hosts.length === 1 ? "" : "s"} (${hosts.join(", ")})`;
  }

  /** Those not declared gone; empty where they may not be listed. */
  get identities(): readonly IdentityLease[] {
    return this.leases;
  }

  /**
   * Waits until every Lease has been renewed since the survey began (they are, every 10 s).
   *
   * @throws UserError naming the hosts whose Lease stands still
   */
  async alive(work: Work): Promise<void> {
    this.waiting = work.report;
    const abort = (): void => this.stop.abort(work.signal.reason);
    if (work.signal.aborted) abort();
    work.signal.addEventListener("abort", abort, { once: true });
    try {
      await this.moved;
    } finally {
      work.signal.removeEventListener("abort", abort);
      this.waiting = () => undefined;
    }
  }

  /** The same servers, none added, gone or restarted in between? */
  sameAs(other: ApiServers): boolean {
    return this.identity() === other.identity();
  }

  /** From now on they count as indistinct: a balancer was seen to deal out single requests. */
  noteMixed(): void {
    this.mixed = true;
  }

  close(): void {
    this.stop.abort(new Error("closed"));
    for (const server of this.pinned) server.close();
  }

  private identity(): string {
    const leases = this.leases.map(({ name, holder }) => `${name} ${holder}`);
    return [...leases, ...this.pinned.map(({ address }) => address)].sort().join("\n");
  }
}

const BALANCED_BY_REQUEST = "a balancer in front deals out single requests, so no connection stays with one API server";

/**
 * Finds every API server behind the cluster's address.
 *
 * @throws UserError when more servers answer than Leases exist: one that is starting takes writes before it is counted
 */
export async function findApiServers(cluster: Cluster, options: ApiServersOptions = {}): Promise<ApiServers> {
  const { gone = [], signal } = options;
  const began = Date.now();
  for (;;) {
    const listed = await leasesOrReason(cluster, signal);
    if (typeof listed === "string") return new ApiServers(cluster, [], [], [listed]);
    const leases = listed.filter(({ host }) => !gone.includes(host));
    const found = await reachable(cluster, leases.length, signal);
    if (typeof found === "string") return new ApiServers(cluster, [], leases, [found]);
    if (found.size <= leases.length) {
      const servers = surveyed(cluster, leases, found);
      // Whoever was not reached may hang: say so by its name, before something meets it and can only say "unreachable".
      if (found.size < leases.length) await aliveOrClosed(servers, options);
      return servers;
    }
    for (const connection of found.values()) connection.close();
    if (Date.now() - began > NEW_LEASE_MS) throw new UserError(describeTooMany([...found.keys()], leases, gone));
    await sleep(2_000, signal);
  }
}

async function aliveOrClosed(servers: ApiServers, options: ApiServersOptions): Promise<void> {
  const { report = () => undefined, signal = new AbortController().signal } = options;
  try {
    await servers.alive({ report, signal });
  } catch (error) {
    servers.close();
    throw error;
  }
}

async function leasesOrReason(cluster: Cluster, signal?: AbortSignal): Promise<IdentityLease[] | string> {
  try {
    const leases = await listIdentityLeases(cluster, signal);
    return leases.length > 0 ? leases : "kube-system holds no identity Lease of an API server (they exist since 1.26)";
  } catch (error) {
    if (!hasStatus(error, 403)) throw error;
    return "the identity Leases in kube-system may not be listed, so the API servers cannot be counted";
  }
}

async function reachable(
  cluster: Cluster,
  expected: number,
  signal?: AbortSignal,
): Promise<Map<string, Connection> | string> {
  try {
    const found = await connectToEach(cluster, expected, signal);
    return found === "mixed" ? BALANCED_BY_REQUEST : found;
  } catch (error) {
    if (!hasStatus(error, 403)) throw error;
    return "GET /api is not allowed, so which API server answers cannot be told";
  }
}

function surveyed(cluster: Cluster, leases: readonly IdentityLease[], found: Map<string, Connection>): ApiServers {
  const tries = CONNECTIONS_PER_LEASE * leases.length;
  const addresses = [...found.keys()].sort();
  const missing =
    found.size === leases.length
      ? []
      : [`${leases.length} API servers have a Lease, ${found.size} were reached (${addresses.join(", ")})`];
  const servers = [...found].map(([address, connection]) => new PinnedApiServer(cluster, address, connection, tries));
  return new ApiServers(cluster, servers, leases, missing);
}

function describeTooMany(addresses: string[], leases: readonly IdentityLease[], gone: readonly string[]): string {
  const hosts = leases.map(({ host }) => host).sort();
  const declared = gone.length === 0 ? "" : `, without ${gone.join(", ")}, declared gone`;
  return (
    `${addresses.length} API servers answer (${addresses.sort().join(", ")}), found ${hosts.length} identity ` +
    `Lease${hosts.length === 1 ? "" : "s"} in kube-system (${hosts.join(", ") || "none"})${declared}; expected one each; ` +
    "wait until the new one has its Lease, or, where two share a hostname, give each its own; then run pulumi up again"
  );
}
