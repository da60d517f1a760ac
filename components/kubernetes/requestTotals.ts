import type { Caller } from "./api";
import { readMetrics, samplesOf } from "./metrics";

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

/** How many requests an API server has answered at each version of a resource since it started. */
export async function readRequestTotals(
  caller: Caller,
  resource: RequestedResource,
  signal: AbortSignal,
): Promise<RequestTotals> {
  return requestTotals(await readMetrics(caller, signal), resource);
}

/** From the text of `/metrics`. https://kubernetes.io/docs/reference/instrumentation/metrics/ apiserver_request_total */
export function requestTotals(metrics: string, { group, plural }: RequestedResource): RequestTotals {
  const byVersion: Record<string, RequestCount> = {};
  for (const { labels, value } of samplesOf(metrics, "apiserver_request_total")) {
    const { version, verb = "", code = "", dry_run: dryRun = "" } = labels;
    if (labels["group"] !== group || labels["resource"] !== plural || version === undefined) continue;
    const isWrite = WRITES.includes(verb) && code.startsWith("2") && dryRun === "";
    const { writes, others } = byVersion[version] ?? { writes: 0, others: 0 };
    byVersion[version] = isWrite ? { writes: writes + value, others } : { writes, others: others + value };
  }
  return { startedAt: samplesOf(metrics, "process_start_time_seconds")[0]?.value ?? 0, byVersion };
}
