import { formatCount } from "../../components/kubernetes/count";
import { progressDuration } from "../../components/migration/rewrite/progress";
import type { Stored } from "../peers/stage";
import type { Pass } from "../rewriteProcess";
import { row, type Row } from "../rows";
import { nameOf, type Point } from "./points";

/** One pass, and the processor time that the API server took for it, in seconds. */
export interface Run extends Pass {
  readonly processor: number;
}

/** @throws Error unless the pass wrote each object, and etcd has each of them in the new version */
export function assertRewritten({ objects }: Point, { rewritten }: Pass, stored: Stored): void {
  if (rewritten === objects && stored.objects === objects && stored.left === 0) return;
  throw new Error(
    `the pass rewrote ${rewritten} objects, and etcd has ${stored.objects}, ${stored.left} of them in the old version; expected ${objects} rewritten and none left`,
  );
}

export function figuresOf(point: Point, runs: readonly Run[]): Row[] {
  const figure = (metric: string, unit: string, of: (run: Run) => number): Row =>
    row({ case: nameOf(point), subject: "ours: direct, the pass alone", metric, unit }, runs.map(of));
  return [
    figure("rate", "objects/s", ({ rewritten, seconds }) => rewritten / seconds),
    figure("peak memory", "MiB", ({ peakMemory }) => peakMemory),
    figure("processor time of the API server per object", "ms", (run) => (run.processor * 1_000) / run.rewritten),
  ];
}

export function describeRun({ rewritten, seconds, peakMemory }: Pass): string {
  const rate = formatCount(Math.round(rewritten / seconds));
  return `${seconds.toFixed(1)} s, ${rate} objects/s, ${Math.round(peakMemory)} MiB`;
}

/** How long the passes take that are left, by those so far. The set-up of their points is not in it. */
export function describeLeft(objects: number, done: readonly Pass[]): string {
  if (objects === 0) return "no pass is left";
  const sum = (of: (pass: Pass) => number): number => done.reduce((total, pass) => total + of(pass), 0);
  const each = sum(({ seconds }) => seconds) / sum(({ rewritten }) => rewritten);
  return `the passes that are left take about ${progressDuration(objects * each)}`;
}
