import { createRequire } from "module";
import { setTimeout as sleep } from "timers/promises";
import type * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { UserError } from "../kubernetes/errors";

const LOOK_EVERY_MS = 1_000;
const MISSES = 3;
/** Time for the phases to stop and to let go of their locks. */
const GRACE_MS = 5_000;

let client: EngineClient | undefined;
let watch: AbortController | undefined;

/** The engine that started this plugin; it hands its address to a provider as the last argument. */
export function engine(): EngineClient | undefined {
  const address = process.argv.at(-1) ?? "";
  if (!/^[\w.-]+:\d+$/.test(address)) return undefined;
  return (client ??= new EngineClient(address, pulumisGrpc().credentials.createInsecure()));
}

/** Credentials of another copy of grpc-js, as npm may nest one below this package, are refused: "Channel credentials must be…". */
function pulumisGrpc(): typeof grpc {
  return createRequire(require.resolve("@pulumi/pulumi"))("@grpc/grpc-js") as typeof grpc;
}

/**
 * Aborts once the engine is gone. A plugin outlives a CLI that was killed: without this, it would go on with the phase,
 * unseen, while the next `pulumi up` finds its lock held.
 */
export function engineGone(): AbortSignal {
  if (watch === undefined) {
    watch = new AbortController();
    const connected = engine();
    if (connected !== undefined) void watchOver(connected, watch);
  }
  return watch.signal;
}

async function watchOver(connected: EngineClient, gone: AbortController): Promise<void> {
  for (let misses = 0; misses < MISSES;) {
    await sleep(LOOK_EVERY_MS, undefined, { ref: false });
    misses = (await isThere(connected)) ? 0 : misses + 1;
  }
  gone.abort(
    new UserError("the Pulumi engine that started this phase is gone; the phase stops; run `pulumi up` again"),
  );
  await sleep(GRACE_MS);
  process.exit(1); // nobody is left to answer to
}

function isThere(connected: EngineClient): Promise<boolean> {
  return new Promise((resolve) =>
    connected.waitForReady(Date.now() + LOOK_EVERY_MS, (error) => resolve(error === undefined)),
  );
}
