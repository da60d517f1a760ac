import { type ApiServer, type ApiServers, MixedServersError } from "../../kubernetes/apiServers";
import { UserError } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";
import type { Work } from "../../kubernetes/report";
import { sleep } from "../../kubernetes/sleep";

/**
 * Where servers cannot be distinguished, "every server" becomes so many fresh connections in a row for each server there may
 * be, spread over some time. It is weaker, and the output says so.
 */
const CONNECTIONS_PER_SERVER = 6;
const LEAST_CONNECTIONS = 10;
const BETWEEN_CONNECTIONS_MS = 300;
/** An API server that follows its watch is there within milliseconds, one that lost it after half a minute. */
const TIMEOUT_MS = 60_000;

/** Each server once; where they cannot be distinguished, whichever answers, many times. */
export async function* visitEveryServer(servers: ApiServers, work: Work): AsyncGenerator<ApiServer> {
  if (servers.distinct) return yield* servers.servers;
  const connections = Math.max(LEAST_CONNECTIONS, CONNECTIONS_PER_SERVER * servers.count);
  for (let connection = 0; connection < connections; connection++) {
    const [any] = servers.servers;
    if (any === undefined) return;
    if (connection > 0) await sleep(BETWEEN_CONNECTIONS_MS, work.signal);
    yield any;
  }
}

export interface Condition {
  /** `to serve v2`: the rest of a sentence that begins with a server. */
  readonly waitingFor: string;
  /** What this server still lacks, or undefined when nothing. */
  missing(server: ApiServer): Promise<string | undefined>;
}

/** Waits until one round over every server finds nothing missing. @throws UserError naming the server that lags */
export async function awaitEveryServer(servers: ApiServers, work: Work, condition: Condition): Promise<void> {
  const began = performance.now();
  for (;;) {
    const lagging = await firstLagging(servers, work, condition);
    if (lagging === undefined) return;
    const waited = performance.now() - began;
    if (waited > TIMEOUT_MS) throw new UserError(describeLag(lagging, waited, condition));
    const seconds = Math.round(waited / 1_000);
    work.report(
      `waiting for API server ${lagging.address} ${condition.waitingFor}${seconds > 0 ? ` (${seconds} s)` : ""}`,
    );
    await sleep(500, work.signal);
  }
}

interface Lagging {
  readonly address: string;
  readonly lacks: string;
}

function firstLagging(servers: ApiServers, work: Work, condition: Condition): Promise<Lagging | undefined> {
  return everyServerOrIndistinct(servers, async () => {
    for await (const server of visitEveryServer(servers, work)) {
      const lacks = await condition.missing(server);
      if (lacks !== undefined) return { address: server.address, lacks };
    }
    return undefined;
  });
}

/** Once more, as indistinct, where a balancer turns out to deal out single requests. */
export async function everyServerOrIndistinct<T>(servers: ApiServers, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof MixedServersError) || !servers.distinct) throw error;
    servers.noteMixed();
    return check();
  }
}

function describeLag({ address, lacks }: Lagging, waited: number, { waitingFor }: Condition): Problem {
  return {
    what: `API server ${address} ${lacks}, ${Math.round(waited / 1_000)} s after the CRD was changed`,
    expected: `every API server ${waitingFor}`,
    next: "look at its log: it may be cut off from etcd; run `pulumi up` again once it has caught up",
  };
}
