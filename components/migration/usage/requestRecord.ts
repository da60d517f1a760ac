import { findApiServers } from "../../kubernetes/apiServers";
import type { Cluster } from "../../kubernetes/cluster";
import { hasErrorStatus, messageOfError } from "../../kubernetes/errors";
import {
  readServerTotals,
  requestTotalsOf,
  type RequestTotals,
  type ServerTotals,
  type RequestCount,
} from "../../kubernetes/requestTotals";
import { sharedWhileFresh } from "../../kubernetes/sharedForSeconds";

/** Evidence must not make a preview slow. */
const METRICS_SECONDS = 20;

/** What each API server had counted at some moment, by the address that it advertises. */
export interface RequestRecord {
  /** The moment, as milliseconds since 1970 by the clock of the machine that asked. */
  readonly at: number;
  readonly servers: Readonly<Record<string, RequestTotals>>;
}

/** Requests between two looks. */
export interface RequestsSince extends RequestCount {
  /** False: an API server is gone, or was started anew, and what it had counted in between is lost. */
  readonly isComplete: boolean;
}

/**
 * Requests at one version since the record was made; undefined where it says nothing of that version's counts. A process that
 * has started since counts from nothing. One that was running and not reached then shows how much it counted, not since when.
 */
export function requestsSinceRecord(record: RequestRecord, now: RequestRecord, version: string): RequestsSince {
  let [writes, others] = [0, 0];
  let isComplete = Object.keys(record.servers).every((address) => now.servers[address] !== undefined);
  for (const [address, totals] of Object.entries(now.servers)) {
    const before = record.servers[address];
    const isSame = before !== undefined && before.startedAt === totals.startedAt;
    const isNew = !isSame && totals.startedAt * 1_000 >= record.at;
    if (!isSame) isComplete = false;
    if (!isSame && !isNew) continue;
    const known = isSame ? requestCountOf(before, version) : NOTHING;
    const found = requestCountOf(totals, version);
    writes += found.writes - known.writes;
    others += found.others - known.others;
  }
  return { writes, others, isComplete };
}

const NOTHING: RequestCount = { writes: 0, others: 0 };

function requestCountOf({ byVersion }: RequestTotals, version: string): RequestCount {
  return byVersion[version] ?? NOTHING;
}

/** The record with the counts of these versions alone: it stands in an annotation. */
export function requestRecordOfVersions({ at, servers }: RequestRecord, versions: readonly string[]): RequestRecord {
  const kept = Object.entries(servers).map(([address, { startedAt, byVersion }]): [string, RequestTotals] => [
    address,
    { startedAt, byVersion: Object.fromEntries(versions.map((name) => [name, byVersion[name] ?? NOTHING])) },
  ]);
  return { at, servers: Object.fromEntries(kept.sort(([left], [right]) => (left < right ? -1 : 1))) };
}

/**
 * What each API server has counted until now, or why that is not known. Where they cannot be distinguished, it is of the one that
 * answered, and `isOfAll` is false: another one may answer next time.
 */
export async function readRequestRecord(
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
    return hasErrorStatus(error, 403) ? "not allowed to get /metrics (403)" : messageOfError(error);
  }
}

/** /metrics has the counts of all resources, and is megabytes where there are many: it is read once for all that ask at a time. */
const readCounts = sharedWhileFresh(countRequestsOnce, 1_000);

async function countRequestsOnce(cluster: Cluster, decommissioned: readonly string[]) {
  const signal = AbortSignal.timeout(METRICS_SECONDS * 1_000);
  const servers = await findApiServers(cluster, { decommissioned, signal });
  try {
    const counts: [address: string, totals: ServerTotals][] = [];
    for (const server of servers.servers) counts.push([server.address, await readServerTotals(server, signal)]);
    return { counts, isOfAll: servers.distinct, count: servers.count };
  } finally {
    servers.close();
  }
}
