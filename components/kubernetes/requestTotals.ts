import type { Caller } from "./api";
import { readMetrics, samplesOf } from "./metrics";

export interface RequestedResource {
  readonly group: string;
  readonly plural: string;
}

/** How many requests an API server has answered at each version of a resource since it started. */
export async function readRequestTotals(
  caller: Caller,
  resource: RequestedResource,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  return requestTotals(await readMetrics(caller, signal), resource);
}

/** By version, from the text of `/metrics`. https://kubernetes.io/docs/reference/instrumentation/metrics/ apiserver_request_total */
export function requestTotals(metrics: string, { group, plural }: RequestedResource): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { labels, value } of samplesOf(metrics, "apiserver_request_total")) {
    const { version } = labels;
    if (labels["group"] !== group || labels["resource"] !== plural || version === undefined) continue;
    totals[version] = (totals[version] ?? 0) + value;
  }
  return totals;
}
