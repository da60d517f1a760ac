import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** What Prometheus is told. Versions that are none of ours are `other`, so that the number of series is bounded. */
export class Metrics {
  private readonly registry = new Registry();

  readonly requests = new Counter({
    name: "conversion_requests_total",
    help: "ConversionReviews by version of their first object, desired version and result (success, failure, refused, lost).",
    labelNames: ["from", "to", "result"] as const,
    registers: [this.registry],
  });

  readonly objects = new Counter({
    name: "conversion_objects_total",
    help: "Objects in the reviews that were answered with success.",
    labelNames: ["from", "to"] as const,
    registers: [this.registry],
  });

  readonly duration = new Histogram({
    name: "conversion_duration_seconds",
    help: "From the last byte of a request to its answer.",
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    registers: [this.registry],
  });

  readonly lost = new Counter({
    name: "conversion_workers_lost_total",
    help: "Threads that were ended or fell in the middle of a review, by why (deadline, memory, crash).",
    labelNames: ["why"] as const,
    registers: [this.registry],
  });

  readonly notAfter = new Gauge({
    name: "conversion_tls_not_after_seconds",
    help: "Unix time at which the certificate in use ends.",
    registers: [this.registry],
  });

  readonly reloadFailures = new Counter({
    name: "conversion_tls_reload_failures_total",
    help: "Changed certificate files that were not taken.",
    registers: [this.registry],
  });

  constructor(bundle: string | undefined) {
    collectDefaultMetrics({ register: this.registry });
    if (bundle === undefined) return;
    const info = { name: "conversion_bundle_info", help: "The bundle that answers.", labelNames: ["sha256"] as const };
    new Gauge({ ...info, registers: [this.registry] }).set({ sha256: bundle }, 1);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
