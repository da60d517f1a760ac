import { checkout } from "../local/checkout";
import type { ClusterOptions } from "../local/cluster/cluster";

/** Kubernetes' own: requests that began before the flip are waited out for so long. */
export const REQUEST_TIMEOUT_SECONDS = 60;

/** Several API servers have an address each, so that they can be told apart. */
export function clusterOptions(servers: number): ClusterOptions {
  return {
    dir: checkout(".local", "bench"),
    servers,
    network: servers > 1 ? "namespace" : "loopback",
    requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
  };
}
