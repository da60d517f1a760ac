import { formatCount } from "../../kubernetes/count";
import type { Report } from "../../kubernetes/report";

const EVERY_MS = 1_000;
const RATE_OVER_MS = 10_000;

/** Says how far a walk is: `rewriting 41,200 / 120,000 · 430/s · 3 min left · 2 failed`, at most once a second. */
export class Progress {
  private saidAt = -Infinity;
  private line = "";
  private readonly samples: { at: number; done: number }[] = [];

  constructor(
    private readonly doing: string,
    private readonly report: Report,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.samples.push({ at: now(), done: 0 });
  }

  update(done: number, total: number, failed: number): void {
    const at = this.now();
    if (at - this.saidAt < EVERY_MS) return;
    this.saidAt = at;
    this.samples.push({ at, done });
    while (this.samples.length > 2 && at - (this.samples[0]?.at ?? at) > RATE_OVER_MS) this.samples.shift();
    this.line = ` ${progressLine(done, total, this.rate(at, done), failed)}`;
    this.report(`${this.doing}${this.line}`);
  }

  /** A request waits before it is sent again: told as seldom as the count, beside it. Less than a second is not worth a word. */
  waiting(milliseconds: number, why: string): void {
    const at = this.now();
    if (milliseconds < EVERY_MS || at - this.saidAt < EVERY_MS) return;
    this.saidAt = at;
    this.report(`${this.doing}${this.line}: waiting ${progressDuration(milliseconds / 1_000)} after ${why}`);
  }

  private rate(at: number, done: number): number {
    const first = this.samples[0];
    if (first === undefined || at <= first.at) return 0;
    return ((done - first.done) * 1_000) / (at - first.at);
  }
}

export function progressLine(done: number, total: number, perSecond: number, failed: number): string {
  const parts = [`${formatCount(done)} / ${formatCount(Math.max(total, done))}`];
  if (perSecond >= 1) parts.push(`${formatCount(Math.round(perSecond))}/s`);
  if (perSecond > 0 && total > done) parts.push(`${progressDuration((total - done) / perSecond)} left`);
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  return parts.join(" · ");
}

/** `40 s`, `3 min`, `2 h 5 min`. */
export function progressDuration(seconds: number): string {
  if (seconds < 99.5) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
