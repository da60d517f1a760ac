import { type ApiServers, findApiServers } from "../kubernetes/apiServers";
import type { Cluster } from "../kubernetes/cluster";
import { encryptionReportOf, type ReportedServer, shortHashOfEncryptionReport } from "../kubernetes/encryptionReport";
import { hasErrorStatus, messageOfError } from "../kubernetes/errors";
import { readMetrics, metricSamplesOf } from "../kubernetes/metrics";
import type { Work } from "../kubernetes/report";
import { addRequestCounts, everyRequestTotal, type RequestCount } from "../kubernetes/requestTotals";
import type { EncryptionFacts } from "./facts";

/** A look at /metrics must not make the whole slow. */
const SECONDS = 30;

export interface ServersFacts {
  readonly encryption?: EncryptionFacts;
  /** Resource → version → requests since the servers started. */
  readonly requests?: ReadonlyMap<string, Readonly<Record<string, RequestCount>>>;
  /** What could not be read, in sentences. */
  readonly hidden: readonly string[];
}

/** What the API servers' own metrics tell; each server's text is let go before the next one's is read. */
export async function readServers(cluster: Cluster, work: Work): Promise<ServersFacts> {
  const signal = AbortSignal.any([work.signal, AbortSignal.timeout(SECONDS * 1_000)]);
  let servers: ApiServers | undefined;
  try {
    servers = await findApiServers(cluster, { ...work, signal });
    return await readEach(servers, signal);
  } catch (error) {
    work.signal.throwIfAborted();
    const what = "encryption, and writes through deprecated versions";
    const why = hasErrorStatus(error, 403) ? "not allowed to get /metrics (403)" : messageOfError(error);
    return { hidden: [`${what}: ${why}`] };
  } finally {
    servers?.close();
  }
}

async function readEach(servers: ApiServers, signal: AbortSignal): Promise<ServersFacts> {
  const reported: ReportedServer[] = [];
  const encrypted = new Set<string>();
  const requests = new Map<string, Record<string, RequestCount>>();
  for (const server of servers.servers) {
    const metrics = await readMetrics(server, signal);
    reported.push(encryptionReportOf(metrics, servers.identities, server.address));
    for (const resource of readServersEncryption(metrics)) encrypted.add(resource);
    addRequests(requests, everyRequestTotal(metrics));
  }
  const hashes = reported.map((server): [string, string] => [server.host, configurationOf(server)]);
  return {
    encryption: {
      description: servers.description,
      servers: Object.fromEntries(hashes.sort(([left], [right]) => (left < right ? -1 : 1))),
      encrypted: [...encrypted].sort(),
    },
    requests,
    hidden: servers.missingEvidence.map((why) => `metrics of all API servers but one: ${why}`),
  };
}

function configurationOf({ hash, unencrypted }: ReportedServer): string {
  if (unencrypted === true) return "none";
  return hash === undefined ? "unknown" : shortHashOfEncryptionReport(hash);
}

/**
 * Of which resources something passed through a key; identity has no such prefix. Since 1.32 by resource.
 * k8s.io/apiserver pkg/storage/value/metrics.go
 */
export function readServersEncryption(metrics: string): string[] {
  return metricSamplesOf(metrics, "apiserver_storage_transformation_operations_total").flatMap(({ labels, value }) => {
    const { resource = "", transformer_prefix: prefix = "", status } = labels;
    return prefix.startsWith("k8s:enc:") && status === "OK" && value > 0 && resource !== "" ? [resource] : [];
  });
}

function addRequests(
  sum: Map<string, Record<string, RequestCount>>,
  more: Map<string, Record<string, RequestCount>>,
): void {
  for (const [resource, versions] of more) {
    const known = sum.get(resource) ?? {};
    sum.set(resource, known);
    for (const [version, count] of Object.entries(versions)) known[version] = addRequestCounts(known[version], count);
  }
}
