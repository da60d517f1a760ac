import { type Definition, definitionPath } from "../../crd/definition";
import type { ApiServer, ApiServers } from "../../kubernetes/apiServers";
import type { Work } from "../../kubernetes/report";
import { sleep } from "../../kubernetes/sleep";
import { awaitEveryServer } from "./everyServer";

/** The handlers' informer reads from that cache: it is behind it by moments, not by seconds. */
const INFORMER_LAG_MS = 1_000;

/**
 * Waits until every API server's own watch cache holds this generation of the definition: `resourceVersion=0` is answered
 * from it, and the handlers of the resource follow the same watch.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
 */
export async function awaitDefinitionSeen(servers: ApiServers, definition: Definition, work: Work): Promise<void> {
  const { name, generation = 0 } = definition.metadata;
  await awaitEveryServer(servers, work, {
    waitingFor: `to see generation ${generation} of ${name}`,
    async missing(server) {
      const found = await cachedGeneration(server, name, work);
      return found >= generation ? undefined : `is at generation ${found}`;
    },
  });
  await sleep(INFORMER_LAG_MS, work.signal);
}

async function cachedGeneration(server: ApiServer, name: string, work: Work): Promise<number> {
  const cached = await server.call<Definition>({
    method: "GET",
    path: definitionPath(name),
    query: { resourceVersion: 0 },
    signal: work.signal,
  });
  return cached.metadata.generation ?? 0;
}
