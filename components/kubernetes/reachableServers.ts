import type { Connection } from "./api";
import { apiServerAddressOf } from "./apiServer";
import type { Cluster } from "./cluster";
import { UnreachableError } from "./errors";

/** New connections for each Lease until a balancer has dealt out every server: a random one misses one in 10^8 times. */
export const CONNECTIONS_PER_LEASE = 20;
/** Opened at a time, for each Lease: a server that hangs must not cost its time-out once for each connection. */
const AT_ONCE_PER_LEASE = 4;
/** Requests on one connection, to see whether a balancer spreads them. */
const REQUESTS_PER_CONNECTION = 3;

/** One connection to each server that can be reached, or "mixed" when single requests are spread over servers. */
export async function connectToReachableServers(
  cluster: Cluster,
  expected: number,
  signal?: AbortSignal,
): Promise<Map<string, Connection> | "mixed"> {
  const found = new Map<string, Connection>();
  const lost: unknown[] = [];
  const most = CONNECTIONS_PER_LEASE * Math.max(expected, 1);
  // Some more than there are Leases, or one server too many would never be met.
  const least = 2 * expected + 2;
  const atOnce = AT_ONCE_PER_LEASE * Math.max(expected, 1);
  // So many that came to nothing are a server that hangs, not bad luck: its time-out once more would tell nothing new.
  const hangs = (): boolean => lost.length > 2 * expected;
  for (let opened = 0; opened < most && !hangs() && (opened < least || found.size < expected); opened += atOnce) {
    const batch = await Promise.all(Array.from({ length: atOnce }, () => meetServer(cluster, signal)));
    for (const met of batch) {
      if ("error" in met) lost.push(met.error);
      else keepReachable(met, found);
    }
    if (batch.some((met) => "addresses" in met && met.addresses.size > 1)) {
      for (const connection of found.values()) connection.close();
      return "mixed";
    }
  }
  if (found.size === 0 && lost.length > 0) throw lost[0];
  return found;
}

interface Met {
  readonly connection: Connection;
  readonly addresses: Set<string>;
}

async function meetServer(cluster: Cluster, signal?: AbortSignal): Promise<Met | { error: unknown }> {
  const connection = cluster.pin();
  const addresses = new Set<string>();
  try {
    for (let asked = 0; asked < REQUESTS_PER_CONNECTION; asked++)
      addresses.add(await apiServerAddressOf(connection, signal));
    return { connection, addresses };
  } catch (error) {
    connection.close();
    if (!(error instanceof UnreachableError)) throw error;
    return { error };
  }
}

function keepReachable({ connection, addresses }: Met, found: Map<string, Connection>): void {
  const [address] = addresses;
  if (addresses.size === 1 && address !== undefined && !found.has(address)) found.set(address, connection);
  else connection.close();
}
