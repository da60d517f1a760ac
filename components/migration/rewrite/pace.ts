const LEAST = 4;
export const MOST_AT_ONCE = 32;
/** Latency may grow to this many times the best seen: below it more at once still is more done, beyond it only queues. */
const TOLERATED = 4;
const WINDOW = 32;

/** How many objects are worked on at once: more while the API server keeps up, half as many when it asks for a break. */
export class Pace {
  limit = LEAST;
  private best = Infinity;
  private sum = 0;
  private count = 0;

  /** After each object, with the time that it took. */
  finished(milliseconds: number): void {
    this.sum += milliseconds;
    this.count++;
    if (this.count < Math.max(WINDOW, 2 * this.limit)) return;
    const mean = this.sum / this.count;
    this.best = Math.min(this.best, mean);
    this.limit = mean > TOLERATED * this.best ? this.clamp(this.limit * 0.8) : this.clamp(this.limit + 4);
    this.sum = this.count = 0;
  }

  /** The server answered 429 or 503. */
  slowDown(): void {
    this.limit = Math.max(1, Math.floor(this.limit / 2));
    this.sum = this.count = 0;
  }

  private clamp(limit: number): number {
    return Math.max(LEAST, Math.min(MOST_AT_ONCE, Math.floor(limit)));
  }
}
