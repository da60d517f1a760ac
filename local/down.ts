import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { endCluster, readState } from "./cluster/state";
import { atThePlace, endAbandonedTestClusters, place } from "./place";
import { isRunning } from "./processes";
import { say } from "./say";

const patienceMilliseconds = 120_000;

/** `npm run down`: ends what `npm run cluster` or `npm start -- --keep` left up, and removes what it kept. */
async function main(): Promise<void> {
  await endStart();
  await atThePlace(async () => {
    const ended = (await endCluster(place.cluster)) + (await endAbandonedTestClusters());
    for (const left of [place.cluster, place.kubeconfig, place.tutorial])
      rmSync(left, { recursive: true, force: true });
    say(ended > 0 ? `ended ${ended} processes` : "nothing was running");
  });
}

/** A running `npm start` is asked to end what it started itself, as with Ctrl-C. */
async function endStart(): Promise<void> {
  const owner = readState(place.cluster)?.owner;
  if (!owner || !isRunning(owner)) return;
  say(`asking process ${owner.pid} (npm start) to end`);
  process.kill(owner.pid, "SIGINT");
  const deadline = Date.now() + patienceMilliseconds;
  while (isRunning(owner) && Date.now() < deadline) await sleep(100);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
