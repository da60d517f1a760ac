import { LEASE_SECONDS, leaseHolderOf, type Lease } from "./lease";
import type { Problem } from "./problem";

/** Work is begun again this often where the hold ran out; a machine or a cluster that stands still more often has to be mended. */
export const HOLDS = 5;

export function describeLost(crd: string, why: string): Problem {
  return {
    what: `the lock of ${crd} is lost, so this run stops: ${why}`,
    expected: "one rollout at a time",
    next: "see who runs another one; once it has ended, run this one again: it goes on from what the cluster holds",
  };
}

export function describeLapsed(lapsed: string): Problem {
  return {
    what: `${lapsed}, ${HOLDS} times in this run, so it stops`,
    expected: "a renewal each five seconds",
    why: "the API server does not answer, or this machine stands still, for longer than another rollout waits",
    next: "see that both have processor time, then run this again: it goes on from what the cluster holds",
  };
}

export function describeHeld(crd: string, lease: Lease): Problem {
  const since = lease.spec?.acquireTime;
  const minutes = since === undefined ? Number.NaN : Math.max(0, Math.round((Date.now() - Date.parse(since)) / 60_000));
  const age = Number.isNaN(minutes) ? "" : ` since ${since?.slice(0, 19)}Z (${minutes} min)`;
  return {
    what: `another rollout of ${crd} is running: ${leaseHolderOf(lease.spec?.holderIdentity ?? "")} holds its lock${age}`,
    expected: "one rollout at a time",
    next: `wait until it ends, then run \`pulumi up\` again (if that run was killed, the lock becomes free within ${LEASE_SECONDS} s)`,
  };
}
