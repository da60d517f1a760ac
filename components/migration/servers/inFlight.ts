import type { Work } from "../../kubernetes/report";
import { sleep } from "../../kubernetes/sleep";

/**
 * Waits out the requests that began before every server agreed: they keep the version they began with. Tried: a create that
 * a slow admission webhook held up landed in the old version after two clean passes over every object, and once that
 * version was removed no LIST worked any more. Only time helps, and the server's --request-timeout bounds it.
 *
 * @param requestTimeoutSeconds the API servers' --request-timeout
 * @returns the seconds waited
 */
export async function waitForRequestsInFlight(requestTimeoutSeconds: number, work: Work): Promise<number> {
  const seconds = secondsOfRequestsInFlight(requestTimeoutSeconds);
  // By the monotonic clock: the other one, set forward, would shorten the wait.
  const until = performance.now() + seconds * 1_000;
  for (let left = seconds * 1_000; left > 0; left = until - performance.now()) {
    work.report(
      `waiting ${Math.ceil(left / 1_000)} s for requests that began before (--request-timeout ${requestTimeoutSeconds} s and a margin)`,
    );
    await sleep(Math.min(1_000, left), work.signal);
  }
  return seconds;
}

/** A tenth more, and at least a second: timers and the way to etcd take a moment as well. */
export function secondsOfRequestsInFlight(requestTimeoutSeconds: number): number {
  return requestTimeoutSeconds + Math.max(1, requestTimeoutSeconds / 10);
}
