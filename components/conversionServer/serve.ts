import { isMainThread, parentPort } from "node:worker_threads";
import type { Conversion } from "../conversion";
import { log } from "./log";
import { runWorker } from "./worker";

/**
 * The whole program of a webhook: in the main thread a server, in each worker thread (the same file, started again) the
 * conversion. Options come from the environment (see optionsFrom).
 */
export function serveConversion(conversion: Conversion): void {
  if (!isMainThread) {
    if (parentPort !== null) runWorker(parentPort, conversion, process.env["KEYS"]);
    return;
  }
  // Loaded here alone: a thread that converts needs no server and no metrics, and is there sooner without them.
  import("./run.js")
    .then(({ runServer }) => runServer(conversion))
    .catch((error: unknown) => {
      log("error", error instanceof Error ? error.message : String(error));
      process.exit(1);
    });
}
