import { setTimeout as sleep } from "timers/promises";
import type { Definition } from "../crd/definition";
import type { ApiServers } from "../kubernetes/apiServers";
import { UserError } from "../kubernetes/errors";
import type { Work } from "../kubernetes/report";

const LIMIT_SECONDS = 30;

/** The handlers' informer reads from that cache: it is behind it by moments, not by seconds. */
const INFORMER_LAG_MS = 1_000;

/**
 * Waits until every API server's own watch cache holds this generation of the definition: `resourceVersion=0` is answered
 * from it, and the handlers of the resource follow the same watch.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
 */
export async function definitionSeen(servers: ApiServers, definition: Definition, work: Work): Promise<void> {
  const { name, generation = 0 } = definition.metadata;
  const deadline = Date.now() + LIMIT_SECONDS * 1000;
  for (const server of servers.servers) {
    while ((await cachedGeneration(server, name, work)) < generation) {
      if (Date.now() > deadline) {
        throw new UserError(
          `${name}: API server ${server.address} has not seen generation ${generation} after ${LIMIT_SECONDS} s; expected every server to follow within moments; look at its health`,
        );
      }
      work.report(`waiting for API server ${server.address} to see generation ${generation}`);
      await sleep(200, undefined, { signal: work.signal });
    }
  }
  await sleep(INFORMER_LAG_MS, undefined, { signal: work.signal });
}

async function cachedGeneration(server: ApiServers["servers"][number], name: string, work: Work): Promise<number> {
  const cached = await server.call<Definition>({
    method: "GET",
    path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
    query: { resourceVersion: 0 },
    signal: work.signal,
  });
  return cached.metadata.generation ?? 0;
}
