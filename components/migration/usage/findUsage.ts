import { readRequestRecord, requestsSinceRecord, type RequestRecord, type RequestsSince } from "./requestRecord";
import type { Resource } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { messageOfError } from "../../kubernetes/errors";
import { listPages } from "../rewrite/pages";
import { describeUsage, ManagersByVersion, type Usage } from "./describeUsage";

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
    managersForUsage(cluster, resource, signal),
    readRequestRecord(cluster, resource, decommissioned),
  ]);
  const found: Record<string, RequestsSince> = {};
  const lines = versions.map((version) => {
    const requests = requestsForUsage(version, read, since);
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

function requestsForUsage(
  version: string,
  read: Awaited<ReturnType<typeof readRequestRecord>>,
  before: RequestRecord | undefined,
): Usage["requests"] {
  if (typeof read === "string") return read;
  const { record, isOfAll, servers } = read;
  if (before !== undefined && isOfAll) return { since: requestsSinceRecord(before, record, version), at: before.at };
  const counts = Object.values(record.servers).map(({ byVersion }) => byVersion[version]);
  return { count: counts.reduce((sum, each) => sum + (each?.writes ?? 0) + (each?.others ?? 0), 0), servers };
}

async function managersForUsage(
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
