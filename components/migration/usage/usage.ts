import type { Resource } from "../../kubernetes/api";
import { findApiServers, type ApiServers } from "../../kubernetes/apiServers";
import type { Cluster } from "../../kubernetes/cluster";
import { hasStatus, messageOf } from "../../kubernetes/errors";
import { readRequestTotals } from "../../kubernetes/requestTotals";
import { listPages } from "../rewrite/pages";
import { describeUsage, ManagersByVersion, type Usage } from "./describeUsage";

/** Evidence must not make a preview slow. */
const LOOKED_AT = 5_000;
const SECONDS = 20;

/**
 * Who still uses these versions, a line each: their writers by managedFields, and the API servers' own count of requests.
 *
 * @param resource at its storage version
 */
export async function findUsage(cluster: Cluster, resource: Resource, versions: readonly string[]): Promise<string[]> {
  const signal = AbortSignal.timeout(SECONDS * 1_000);
  const [managers, totals] = await Promise.all([
    managersOf(cluster, resource, signal),
    totalsOf(cluster, resource, signal),
  ]);
  return versions.map((version) => {
    const requests: Usage["requests"] =
      typeof totals === "string" ? totals : { count: totals.byVersion[version] ?? 0, servers: totals.servers };
    if (typeof managers === "string") return `${version}: managers not read: ${managers}`;
    const looked = { objects: managers.found.objects, all: managers.all };
    return describeUsage(version, { managers: managers.found.of(version), looked, requests });
  });
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
    return found.objects > 0 ? { found, all: false } : messageOf(error);
  }
}

async function totalsOf(
  cluster: Cluster,
  resource: Resource,
  signal: AbortSignal,
): Promise<{ byVersion: Record<string, number>; servers: string } | string> {
  let servers: ApiServers | undefined;
  try {
    servers = await findApiServers(cluster, { signal });
    const byVersion: Record<string, number> = {};
    for (const server of servers.servers) {
      const totals = await readRequestTotals(server, resource, signal);
      for (const [version, count] of Object.entries(totals)) byVersion[version] = (byVersion[version] ?? 0) + count;
    }
    const whose = servers.distinct
      ? `the ${servers.count === 1 ? "API server" : `${servers.count} API servers`}`
      : "the API server that answered (others may have had more)";
    return { byVersion, servers: whose };
  } catch (error) {
    return hasStatus(error, 403) ? "not allowed to get /metrics (403)" : messageOf(error);
  } finally {
    servers?.close();
  }
}
