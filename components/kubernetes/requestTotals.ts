import { type Caller } from "./api";
import { qualifiedResourceName } from "./resourceNames";
import { readMetrics, metricSamplesOf } from "./metrics";

export interface RequestedResource {
  readonly group: string;
  readonly plural: string;
}

/** Requests at one version of a resource. */
export interface RequestCount {
  /** Creates, updates, patches and applies that were done. Deletes are not among them: Kubernetes deletes by itself. */
  readonly writes: number;
  /** All others. Reads, most of them: our own and those of Kubernetes' controllers as well. */
  readonly others: number;
}

/** What one API server process has counted. */
export interface RequestTotals {
  /** When it started, in seconds since 1970 by its own clock: its counters begin there. */
  readonly startedAt: number;
  readonly byVersion: Readonly<Record<string, RequestCount>>;
}

const WRITES: readonly string[] = ["POST", "PUT", "PATCH", "APPLY"];

/** The same of every resource. */
export interface ServerTotals {
  readonly startedAt: number;
  /** By resource, as `databases.example.com`, and version. */
  readonly byResource: ReadonlyMap<string, Record<string, RequestCount>>;
}

/** How many requests an API server has answered at each version of each resource since it started. */
export async function readServerTotals(caller: Caller, signal: AbortSignal): Promise<ServerTotals> {
  return parseServerTotals(await readMetrics(caller, signal));
}

/** From the text of `/metrics`. */
export function parseServerTotals(metrics: string): ServerTotals {
  return {
    startedAt: metricSamplesOf(metrics, "process_start_time_seconds")[0]?.value ?? 0,
    byResource: everyRequestTotal(metrics),
  };
}

export function requestTotalsOf({ startedAt, byResource }: ServerTotals, resource: RequestedResource): RequestTotals {
  return { startedAt, byVersion: byResource.get(qualifiedResourceName(resource)) ?? {} };
}

/** By resource, as `databases.example.com`, and version. https://kubernetes.io/docs/reference/instrumentation/metrics/ apiserver_request_total */
export function everyRequestTotal(metrics: string): Map<string, Record<string, RequestCount>> {
  const totals = new Map<string, Record<string, RequestCount>>();
  for (const { labels, value } of metricSamplesOf(metrics, "apiserver_request_total")) {
    const { group = "", resource = "", version, verb = "", code = "", dry_run: dryRun = "" } = labels;
    if (version === undefined) continue;
    const name = qualifiedResourceName({ group, plural: resource });
    const byVersion = totals.get(name) ?? {};
    totals.set(name, byVersion);
    const isWrite = WRITES.includes(verb) && code.startsWith("2") && dryRun === "";
    byVersion[version] = addRequestCounts(
      byVersion[version],
      isWrite ? { writes: value, others: 0 } : { writes: 0, others: value },
    );
  }
  return totals;
}

export function addRequestCounts(first: RequestCount = { writes: 0, others: 0 }, second: RequestCount): RequestCount {
  return { writes: first.writes + second.writes, others: first.others + second.others };
}
