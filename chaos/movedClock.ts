import { readFileSync, watchFile } from "node:fs";

/**
 * Loaded before anything else in every process of Pulumi's that runs on Node.js: what `Date` says there is moved by as many
 * milliseconds as this file holds. A stand-in for settimeofday(2), which would move the clock of everybody on the machine;
 * timers and `performance.now` go on as they were, as they do under a real one.
 */
const file = process.env["CHAOS_CLOCK"];
const RealDate = Date;
let movedMs = 0;

function look(path: string): void {
  try {
    movedMs = Number(readFileSync(path, "utf8"));
  } catch {
    movedMs = 0;
  }
}

class MovedDate extends RealDate {
  constructor(...args: [] | [string | number | Date]) {
    if (args.length === 0) super(MovedDate.now());
    else super(...args);
  }

  static override now(): number {
    return RealDate.now() + movedMs;
  }
}

if (file !== undefined) {
  look(file);
  watchFile(file, { interval: 100, persistent: false }, () => look(file));
  globalThis.Date = MovedDate as DateConstructor;
}
