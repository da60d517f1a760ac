import type { Caller } from "./api";

/** A large cluster's /metrics is some ten megabytes. */
const METRICS_SECONDS = 20;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The text of `/metrics` of the API server at the other end. */
export function readMetrics(caller: Caller, signal: AbortSignal): Promise<string> {
  const request = { method: "GET", path: "/metrics", accept: "text/plain", timeoutSeconds: METRICS_SECONDS } as const;
  return caller.call<string>({ ...request, signal });
}

/** Every sample of one metric. https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export function metricSamplesOf(metrics: string, name: string): Sample[] {
  const sample = new RegExp(`^${name}(?:\\{(?<labels>.*)\\})?\\s+(?<value>\\S+)`, "gm");
  return [...metrics.matchAll(sample)].map(({ groups }) => ({
    labels: Object.fromEntries(
      [...(groups?.["labels"] ?? "").matchAll(LABEL)].map(([, label = "", value = ""]) => [label, value]),
    ),
    value: Number(groups?.["value"]),
  }));
}
