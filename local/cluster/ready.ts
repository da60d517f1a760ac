import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, lastLines, type StartedProcess } from "../processes";

const startMilliseconds = 60_000;

/** Waits until what was just started is ready; ended or too slow, its log says why. */
export async function ready(started: StartedProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + startMilliseconds;
  while (!(await isReady().catch(() => false))) {
    const why = !isRunning(started)
      ? "ended while starting"
      : Date.now() > deadline
        ? `is not ready after ${startMilliseconds / 1000} s`
        : undefined;
    if (why) throw new Error(`${started.name} ${why}; its log, ${started.log}, ends with\n${lastLines(started.log)}`);
    await sleep(50);
  }
}
