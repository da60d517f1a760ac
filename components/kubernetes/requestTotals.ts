import type { Caller } from "./api";

export interface RequestedResource {
  readonly group: string;
  readonly plural: string;
}

/** A large cluster's /metrics is some ten megabytes. */
const METRICS_SECONDS = 20;

const SAMPLE = /^apiserver_request_total\{(?<labels>[^}]*)\}\s+(?<value>\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** How many requests an API server has answered at each version of a resource since it started. */
export async function readRequestTotals(
  caller: Caller,
  resource: RequestedResource,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const request = { method: "GET", path: "/metrics", accept: "text/plain", timeoutSeconds: METRICS_SECONDS } as const;
  return requestTotals(await caller.call<string>({ ...request, signal }), resource);
}

/** By version, from the text of `/metrics`. https://kubernetes.io/docs/reference/instrumentation/metrics/ apiserver_request_total */
export function requestTotals(metrics: string, { group, plural }: RequestedResource): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const line of metrics.split("\n")) {
    const sample = SAMPLE.exec(line)?.groups;
    if (sample === undefined) continue;
    const labels = new Map([...(sample["labels"] ?? "").matchAll(LABEL)].map(([, name, value]) => [name, value]));
    const version = labels.get("version");
    if (labels.get("group") !== group || labels.get("resource") !== plural || version === undefined) continue;
    totals[version] = (totals[version] ?? 0) + Number(sample["value"]);
  }
  return totals;
}
