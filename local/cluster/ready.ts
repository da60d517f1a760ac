import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, lastLines, type StartedProcess } from "../processes";

const startMilliseconds = 60_000;
const attemptMilliseconds = 10_000;

/** Waits until what was just started is ready; ended or too slow, its log says why. */
export async function ready(started: StartedProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + startMilliseconds;
  while (!(await isReadyInTime(isReady))) {
    const why = !isRunning(started)
      ? "ended while starting"
      : Date.now() > deadline
        ? `is not ready after ${startMilliseconds / 1000} s`
        : undefined;
    if (why) throw new Error(`${started.name} ${why}; its log, ${started.log}, ends with\n${lastLines(started.log)}`);
    await sleep(50);
  }
}

/** An answer that never comes is none. The timer also keeps Node alive: with nothing left to wait on it would end at once, with exit code 0. */
async function isReadyInTime(isReady: () => Promise<boolean>): Promise<boolean> {
  const timer = new AbortController();
  const tooLate = sleep(attemptMilliseconds, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([isReady().catch(() => false), tooLate]);
  } finally {
    timer.abort();
  }
}
