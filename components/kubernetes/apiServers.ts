import { AnyApiServer, type ApiServer, PinnedApiServer } from "./apiServer";
import type { Cluster } from "./cluster";
import { UserError } from "./errors";
import { type IdentityLease, awaitIdentityLeasesRenewed } from "./identityLeases";
import type { Problem } from "./problem";
import { CONNECTIONS_PER_LEASE } from "./reachableServers";
import type { Report, Work } from "./report";
import { sleep } from "./sleep";
import { unlessAborted } from "./abort";
import { BALANCED_BY_REQUEST, surveyApiServers, type Survey } from "./surveyApiServers";
import { describeCount } from "./count";

export { type ApiServer, MixedServersError } from "./apiServer";

export interface ApiServersOptions {
  /** Hosts (label kubernetes.io/hostname of the identity Lease) that the user declares decommissioned. */
  readonly decommissioned?: readonly string[];
  readonly signal?: AbortSignal;
  readonly report?: Report;
}

/** A server that just started answers before its Lease is there. */
const NEW_LEASE_MS = 30_000;

/** Every kube-apiserver of the cluster, as far as they can be distinguished. */
export class ApiServers {
  private mixed = false;
  private readonly pinned: readonly PinnedApiServer[];
  private readonly any: AnyApiServer;
  private readonly leases: readonly IdentityLease[];
  private readonly why: readonly string[];

  /** @internal by findApiServers */
  constructor(
    private readonly cluster: Cluster,
    private readonly found: Survey,
  ) {
    const { leases, addresses, why } = found;
    this.leases = leases;
    const tries = CONNECTIONS_PER_LEASE * leases.length;
    this.pinned = addresses.map((address) => new PinnedApiServer(cluster, address, tries));
    this.any = new AnyApiServer(cluster, new URL(cluster.server).host);
    const unmet = `${leases.length} API servers have a Lease, ${addresses.length} were reached (${addresses.join(", ")})`;
    this.why = why !== undefined ? [why] : addresses.length === leases.length ? [] : [unmet];
  }

  /** False: the servers cannot be distinguished, and proofs take longer, repeated passes. */
  get distinct(): boolean {
    return this.missingEvidence.length === 0;
  }

  /** One for each address; a single one, standing for whichever answers, where `distinct` is false. */
  get servers(): readonly ApiServer[] {
    return this.distinct ? this.pinned : [this.any];
  }

  /** Why they cannot be distinguished, as sentences for the output; empty where they can. */
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
    return `${describeCount(hosts.length, "API server")} (${hosts.join(", ")})`;
  }

  /** Those not declared decommissioned; empty where they may not be listed. */
  get identities(): readonly IdentityLease[] {
    return this.leases;
  }

  /**
   * Waits until every Lease has been renewed since the survey began (they are, every 10 s).
   *
   * @throws UserError naming the hosts whose Lease is not renewed
   */
  alive(work: Work): Promise<void> {
    return awaitIdentityLeasesRenewed(this.cluster, this.found, work);
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
    for (const server of this.pinned) server.close();
  }

  private identity(): string {
    const leases = this.leases.map(({ name, holder }) => `${name} ${holder}`);
    return [...leases, ...this.pinned.map(({ address }) => address)].sort().join("\n");
  }
}

/**
 * Finds every API server behind the cluster's address.
 *
 * @throws UserError when more servers answer than Leases exist: one that is starting takes writes before it is counted
 */
export async function findApiServers(cluster: Cluster, options: ApiServersOptions = {}): Promise<ApiServers> {
  const { decommissioned = [], report = () => undefined, signal = new AbortController().signal } = options;
  const began = performance.now();
  for (;;) {
    const found = await unlessAborted(surveyApiServers(cluster, decommissioned), signal);
    const { leases, addresses } = found;
    if (addresses.length <= leases.length) {
      const servers = new ApiServers(cluster, found);
      // Whoever was not reached may hang: say so by its name, before something meets it and can only say "unreachable".
      if (found.why === undefined && addresses.length < leases.length) await servers.alive({ report, signal });
      return servers;
    }
    if (performance.now() - began > NEW_LEASE_MS)
      throw new UserError(describeTooMany(addresses, leases, decommissioned));
    await sleep(2_000, signal);
  }
}

function describeTooMany(
  addresses: readonly string[],
  leases: readonly IdentityLease[],
  decommissioned: readonly string[],
): Problem {
  const hosts = leases.map(({ host }) => host).sort();
  const declared = decommissioned.length === 0 ? "" : `, without ${decommissioned.join(", ")}, declared decommissioned`;
  return {
    what: `${addresses.length} API servers answer (${addresses.join(", ")}), found ${describeCount(hosts.length, "identity Lease")} in kube-system (${hosts.join(", ") || "none"})${declared}`,
    expected: "one each",
    next: "wait until the new one has its Lease, or, where two share a hostname, give each its own; then run `pulumi up` again",
  };
}
