import type { Cluster } from "../local/cluster/cluster";

/** Benchmarks start one after the other, and each has ended its own by then. */
let running: Cluster | undefined;

/** Ctrl-C ends the control plane too: each of its processes leads a group of its own. */
export function endWhenInterrupted(local: Cluster): void {
  const isFirst = running === undefined;
  running = local;
  if (!isFirst) return;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => void running?.stop().finally(() => process.exit(1)));
  }
}
