import { existsSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { endAbandonedTestClusters, place } from "./place";
import { say } from "./say";

/** Jest's workers end a moment after it. */
const patienceMilliseconds = 5_000;

/** After a test run, also one ended by Ctrl-C: ends what it left running. */
async function main(): Promise<void> {
  const deadline = Date.now() + patienceMilliseconds;
  let ended = await endAbandonedTestClusters();
  while (existsSync(place.tests) && readdirSync(place.tests).length > 0 && Date.now() < deadline) {
    await sleep(250);
    ended += await endAbandonedTestClusters();
  }
  if (ended > 0) say(`ended ${ended} processes that the tests had left running`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
