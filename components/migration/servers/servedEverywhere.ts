import type { Resource } from "../../kubernetes/api";
import { type ApiServer, type ApiServers, MixedServersError } from "../../kubernetes/apiServers";
import { discover } from "../../kubernetes/discovery";
import { messageOfError, UserError } from "../../kubernetes/errors";
import type { Work } from "../../kubernetes/report";
import { listPages } from "../rewrite/pages";
import { visitEveryServer, everyServerOrIndistinct, awaitEveryServer } from "./everyServer";

/** With something broken the caller wants to know soon: it puts the version back. */
const INITIALIZING_SECONDS = 30;

/** Waits until every API server serves these versions and does not serve those. */
export async function awaitServedEverywhere(
  servers: ApiServers,
  resource: { group: string; plural: string },
  versions: { served: readonly string[]; notServed: readonly string[] },
  work: Work,
): Promise<void> {
  const wanted = [
    ...versions.served.map((version) => ({ version, served: true })),
    ...versions.notServed.map((version) => ({ version, served: false })),
  ];
  const words = wanted.map(({ version, served }) => `${served ? "to serve" : "to stop serving"} ${version}`);
  await awaitEveryServer(servers, work, {
    waitingFor: `${words.join(" and ")} of ${resource.plural}.${resource.group}`,
    async missing(server) {
      for (const { version, served } of wanted) {
        const found = await discover(server, { ...resource, version }, work.signal);
        if (found.served !== served) return served ? `does not serve ${version} yet` : `still serves ${version}`;
      }
      return undefined;
    },
  });
}

/**
 * A complete consistent LIST, metadata only, through every API server: every object must be decoded for it.
 *
 * An edit of a CRD throws its caches away on every server (customresource_handler.go, updateCustomResourceDefinition), and a
 * paged list does not wait for the new one but reads etcd (k8s.io/apiserver pkg/storage/cacher/delegator.go).
 *
 * @throws UserError when one cannot read them all
 */
export function awaitReadableEverywhere(servers: ApiServers, resource: Resource, work: Work): Promise<void> {
  return everyServerOrIndistinct(servers, async () => {
    for await (const server of visitEveryServer(servers, work)) {
      work.report(`listing ${resource.plural}.${resource.group} through API server ${server.address}`);
      await listThrough(server, resource, work);
    }
  });
}

async function listThrough(server: ApiServer, resource: Resource, work: Work): Promise<void> {
  const options = { ...work, full: false, initializingSeconds: INITIALIZING_SECONDS };
  try {
    for await (const page of listPages(server, resource, options)) void page;
  } catch (error) {
    work.signal.throwIfAborted();
    if (error instanceof MixedServersError) throw error;
    throw new UserError(
      `API server ${server.address} cannot list every object of ${resource.plural}.${resource.group}: ${messageOfError(error)}`,
    );
  }
}
