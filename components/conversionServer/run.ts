import { Worker } from "node:worker_threads";
import type { Conversion } from "../conversion";
import { log } from "./log";
import { optionsFrom, type ServerOptions } from "./options";
import { Pool } from "./pool";
import { Metrics } from "./metrics";
import { startServer } from "./server";
import { readWorkerKeys } from "./worker";

/** The API server takes objects of 10,000 levels; Node's own stack does not. */
const STACK_MB = 16;

/**
 * The main thread: serves until it is told to end.
 *
 * @throws Error for options, keys or a certificate that cannot be used
 */
export async function runServer(conversion: Conversion): Promise<void> {
  if (typeof (conversion as Partial<Conversion> | undefined)?.review !== "function") {
    throw new Error("found no conversion; expected what defineConversion returns, as the module's default export");
  }
  const options: ServerOptions = optionsFrom(process.env);
  const keys = options.keys === undefined ? [] : readWorkerKeys(options.keys);
  if (conversion.sensitive.length > 0 && keys.length === 0) {
    throw new Error(
      `sensitive fields need a key to be converted (${conversion.sensitive.join(", ")}); expected KEYS to name a folder with a file of 32 bytes`,
    );
  }
  const file = process.argv[1] ?? "";
  const metrics = new Metrics(options.bundle);
  const pool = new Pool({
    start: () => new Worker(file, { resourceLimits: { stackSizeMb: STACK_MB } }),
    workers: options.workers,
    deadlineMs: options.deadlineSeconds * 1000,
    onLost: (why) => metrics.lost.inc({ why }),
  });
  const server = await startServer(conversion, options, pool, metrics);
  log("info", "serving", { kind: conversion.kind, group: conversion.group, port: server.port, bundle: options.bundle });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log("info", "draining", { seconds: options.drainSeconds });
      void server.drain().then(async () => {
        await pool.close();
        log("info", "ended");
        process.exit(0);
      });
    });
  }
}
