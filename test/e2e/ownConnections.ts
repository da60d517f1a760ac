import * as settings from "@pulumi/pulumi/runtime/settings";

/**
 * Each engine is reached over a connection of its own. grpc-js shares them by address, and in one process that runs program after program an engine may get the port of
 * an earlier one whose connection just failed: the program's first call then fails, and Pulumi takes the run for a success that had nothing to do.
 */
export function ownConnections(): void {
  // Not declared: https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/settings.ts
  // Clients are made with the former; of releases that have only the latter, 3.216 among them, with that one.
  const { grpcClientOptions, grpcChannelOptions } = settings as unknown as Record<string, Record<string, unknown>>;
  Object.assign((grpcClientOptions ?? grpcChannelOptions)!, { "grpc.use_local_subchannel_pool": 1 });
}
