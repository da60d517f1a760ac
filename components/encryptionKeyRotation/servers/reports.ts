import { createHash } from "crypto";
import { type ApiServers, findApiServers } from "../../kubernetes/apiServers";
import type { Cluster } from "../../kubernetes/cluster";
import {
  encryptionReportOf,
  type ReportedServer,
  shortHashOfEncryptionReport,
} from "../../kubernetes/encryptionReport";
import { readMetrics } from "../../kubernetes/metrics";
import type { Work } from "../../kubernetes/report";
import { visitEveryServer, everyServerOrIndistinct } from "../../migration/servers/everyServer";

export interface Reported {
  readonly servers: readonly ReportedServer[];
  /** `3 API servers (cp-1, cp-2, cp-3)`. */
  readonly description: string;
  /** Evidence that could not be had, in sentences. */
  readonly missing: readonly string[];
  /** From before a file that was rolled back: a server that counted no reload since never loaded it. */
  readonly restored?: true;
}

/** One survey of every API server. Serializable: a write's `since` is kept in the record. */
export async function readReportsNow(
  cluster: Cluster,
  decommissioned: readonly string[],
  work: Work,
): Promise<Reported> {
  const servers = await findApiServers(cluster, { ...work, decommissioned });
  try {
    return await readReports(servers, work);
  } finally {
    servers.close();
  }
}

/** The same, of servers that were found already. */
export async function readReports(servers: ApiServers, work: Work): Promise<Reported> {
  const found = await everyServerOrIndistinct(servers, async () => {
    const processes = new Map<string, ReportedServer>();
    for await (const server of visitEveryServer(servers, work)) {
      const read = encryptionReportOf(await readMetrics(server, work.signal), servers.identities, server.address);
      const unnamed = read.host === server.address ? { anonymous: true as const } : {};
      const place = servers.distinct ? { address: server.address } : unnamed;
      processes.set(`${read.host} ${read.started}`, { ...read, ...place });
    }
    return [...processes.values()];
  });
  const unseen = servers.identities.length - found.length;
  const missing =
    unseen > 0 ? [`${servers.identities.length} API servers have a Lease, ${found.length} gave their metrics`] : [];
  return {
    servers: found.sort((a, b) => (a.host < b.host ? -1 : 1)),
    description: servers.description,
    // Metrics name the Lease, so a balancer hides no server whose answer was met.
    missing: unseen > 0 || servers.identities.length === 0 ? [...servers.missingEvidence, ...missing] : [],
  };
}

/** For notes in preview: `cp-1 sha256:0123456789ab`. */
export function reportedHashes({ servers }: Reported): { host: string; hash: string }[] {
  return servers.map(({ host, hash }) => ({
    host,
    hash: hash === undefined ? "unknown" : shortHashOfEncryptionReport(hash),
  }));
}

/** Digest over the servers' processes and how often each reloaded: while it stays, none has loaded another file. */
export function digestReportedLoads({ servers }: Reported): string {
  const each = servers.map(({ host, started, reloads, hash = "" }) => `${host} ${started} ${reloads} ${hash}`).sort();
  return createHash("sha256").update(each.join("\n")).digest("hex").slice(0, 16);
}
