import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./checkout";
import { endCluster, isInUse, readState, stateFile, type ClusterState } from "./cluster/state";
import { withLock } from "./lock";
import { startTime } from "./processes";
import { say } from "./say";

/** Where the checkout's own control plane lives, and what the runs on it leave behind. All of it is ignored by git. */
export const place = {
  cluster: checkout(".local", "cluster"),
  kubeconfig: checkout(".local", "kubeconfig"),
  tutorial: checkout(".local", "tutorial"),
  tests: checkout(".local", "test"),
};

/** One at a time may start or end the checkout's control plane. */
export function atThePlace<T>(work: () => Promise<T>): Promise<T> {
  return withLock(checkout(".local", "cluster.lock"), work, say);
}

/** What is running there, if anything is; what a start that was killed has left is ended first. */
export async function inUse(): Promise<ClusterState | undefined> {
  const state = readState(place.cluster);
  if (!state) return undefined;
  if (isInUse(state)) return state;
  const ended = await endCluster(place.cluster);
  if (ended > 0) say(`ended ${ended} processes that an earlier start had left behind`);
  return undefined;
}

/** Ends the clusters of test runs that were killed, and removes what they kept. A run has a folder, its cluster is that or `cluster` in it. */
export async function endAbandonedTestClusters(): Promise<number> {
  if (!existsSync(place.tests)) return 0;
  let ended = 0;
  for (const name of readdirSync(place.tests)) {
    const run = join(place.tests, name);
    const cluster = [run, join(run, "cluster")].find((dir) => existsSync(stateFile(dir)));
    const state = cluster === undefined ? undefined : readState(cluster);
    // A folder without a state is one that is being made, or whose run goes on without its cluster, unless it is old.
    // One that stays up without an owner is still its run's.
    if (state?.owner ? isInUse(state) : isRunning(name) || (!state && Date.now() - statSync(run).mtimeMs < 60_000))
      continue;
    if (cluster) ended += await endCluster(cluster, 0);
    rmSync(run, { recursive: true, force: true });
  }
  return ended;
}

/** A run's folder has the process id of the run in its name. */
function isRunning(name: string): boolean {
  return name.split("-").some((part) => /^\d{2,}$/.test(part) && startTime(Number(part)) !== undefined);
}
