import type { Plan } from "./plan";

/** Short, since each run waits it out several times. */
const SHORT_SECONDS = 5;
/** Long enough for a request that was held up before the flip to land after a pass that did not wait for it. */
const LONG_SECONDS = 12;
export const COMPACTION_SECONDS = 2;

/** --request-timeout of the API servers, and what the components are told of it. */
export function requestTimeoutSeconds({ faults }: Plan): number {
  return faults.some(({ fault }) => fault === "slow admission") ? LONG_SECONDS : SHORT_SECONDS;
}

/** How long slow admission holds a request up: it lands all the same. */
export function heldMs(plan: Plan): number {
  return (requestTimeoutSeconds(plan) - 1.5) * 1_000;
}
