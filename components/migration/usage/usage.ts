import type { Resource } from "../../kubernetes/api";
import { findApiServers } from "../../kubernetes/apiServers";
import type { Cluster } from "../../kubernetes/cluster";
import { hasStatus, messageOfError } from "../../kubernetes/errors";
import {
  readServerTotals,
  requestTotalsOf,
  type RequestTotals,
  type ServerTotals,
} from "../../kubernetes/requestTotals";
import { sharedWhileFresh } from "../../kubernetes/shared";
import { listPages } from "../rewrite/pages";
import { describeUsage, ManagersByVersion, type Usage } from "./describeUsage";
import { requestsSince, type RequestRecord, type RequestsSince } from "./requestRecord";

/** Evidence must not make a preview slow. */
const LOOKED_AT = 5_000;
const SECONDS = 20;

/**
 * Who still uses these versions, a line each: their writers by managedFields, and the API servers' own count of requests; and
 * what of it could not be read, each with why.
 *
 * @param resource at its storage version
 * @param since counts from when migrate ended; those since the servers' start are told where absent
 */
export async function findUsage(
  cluster: Cluster,
  resource: Resource,
  versions: readonly string[],
  { decommissioned, since }: { decommissioned: readonly string[]; since?: RequestRecord | undefined },
): Promise<{ lines: string[]; unread: string[]; since: Record<string, RequestsSince> }> {
  const signal = AbortSignal.timeout(SECONDS * 1_000);
  const [managers, read] = await Promise.all([
    managersOf(cluster, resource, signal),
    readRequests(cluster, resource, decommissioned),
  ]);
  const found: Record<string, RequestsSince> = {};
  const lines = versions.map((version) => {
    const requests = requestsOf(version, read, since);
    if (typeof requests !== "string" && "since" in requests) found[version] = requests.since;
    if (typeof managers === "string") return `${version}: managers not read: ${managers}`;
    const looked = { objects: managers.found.objects, all: managers.all };
    return describeUsage(version, { managers: managers.found.of(version), looked, requests });
  });
  const unread = [
    ...(typeof managers === "string" ? [`who wrote objects at ${versions.join(", ")}: ${managers}`] : []),
    ...(typeof read === "string" ? [`requests through ${versions.join(", ")}: ${read}`] : []),
  ];
  return { lines, unread, since: found };
}

function requestsOf(
  version: string,
  read: Awaited<ReturnType<typeof readRequests>>,
  before: RequestRecord | undefined,
): Usage["requests"] {
  if (typeof read === "string") return read;
  const { record, isOfAll, servers } = read;
  if (before !== undefined && isOfAll) return { since: requestsSince(before, record, version), at: before.at };
  const counts = Object.values(record.servers).map(({ byVersion }) => byVersion[version]);
  return { count: counts.reduce((sum, each) => sum + (each?.writes ?? 0) + (each?.others ?? 0), 0), servers };
}

async function managersOf(
  cluster: Cluster,
  resource: Resource,
  signal: AbortSignal,
): Promise<{ found: ManagersByVersion; all: boolean } | string> {
  const found = new ManagersByVersion(resource.group);
  try {
    const options = { full: false, initializingSeconds: 5, report: () => undefined, signal };
    for await (const { objects } of listPages(cluster, resource, options)) {
      for (const { metadata } of objects) {
        if (found.objects === LOOKED_AT) return { found, all: false };
        found.add(metadata.managedFields);
      }
    }
    return { found, all: true };
  } catch (error) {
    return found.objects > 0 ? { found, all: false } : messageOfError(error);
  }
}

/**
 * What each API server has counted until now, or why that is not known. Where they cannot be distinguished, it is of the one that
 * answered, and `isOfAll` is false: another one may answer next time.
 */
export async function readRequests(
  cluster: Cluster,
  resource: { group: string; plural: string },
  decommissioned: readonly string[],
): Promise<{ record: RequestRecord; isOfAll: boolean; servers: string } | string> {
  try {
    const { counts, isOfAll, count } = await readCounts(cluster, decommissioned);
    const totals = counts.map(([address, all]): [string, RequestTotals] => [address, requestTotalsOf(all, resource)]);
    const whose = isOfAll
      ? `the ${count === 1 ? "API server" : `${count} API servers`}`
      : "the API server that answered (others may have had more)";
    return { record: { at: Date.now(), servers: Object.fromEntries(totals) }, isOfAll, servers: whose };
  } catch (error) {
    return hasStatus(error, 403) ? "not allowed to get /metrics (403)" : messageOfError(error);
  }
}

/** /metrics has the counts of all resources, and is megabytes where there are many: it is read once for all that ask at a time. */
const readCounts = sharedWhileFresh(countOnce, 1_000);

async function countOnce(cluster: Cluster, decommissioned: readonly string[]) {
  const signal = AbortSignal.timeout(SECONDS * 1_000);
  const servers = await findApiServers(cluster, { decommissioned, signal });
  try {
    const counts: [address: string, totals: ServerTotals][] = [];
    for (const server of servers.servers) counts.push([server.address, await readServerTotals(server, signal)]);
    return { counts, isOfAll: servers.distinct, count: servers.count };
  } finally {
    servers.close();
  }
}
