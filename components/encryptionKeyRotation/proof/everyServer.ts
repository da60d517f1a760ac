import { listApiServices } from "../../kubernetes/apiServices";
import { findApiServers } from "../../kubernetes/apiServers";
import type { Cluster } from "../../kubernetes/cluster";
import { type GroupDiscoveryList, listableResources, readDiscovery } from "../../kubernetes/everyResource";
import { boundedList, type Problem } from "../../kubernetes/problem";
import type { Work } from "../../kubernetes/report";
import { qualifiedResourceName } from "../../kubernetes/resourceNames";
import { everyServerOrIndistinct, visitEveryServer } from "../../migration/servers/everyServer";
import { aggregatedVersions, type OwnResources } from "./ownResources";
import type { RotatedResource } from "./rotatedResources";

const SHOWN = 10;

/** What one API server answered. */
export interface ServerDiscovery {
  readonly address: string;
  readonly documents: readonly GroupDiscoveryList[];
}

/** What the API servers serve out of their etcd, all of them together. */
export interface ServedResources extends OwnResources {
  /** Versions of resources that not all of them serve, each once. Of these only what is to be rewritten is of interest. */
  readonly uneven: readonly UnevenResource[];
}

export interface UnevenResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Addresses of those that do not serve it. */
  readonly lacking: readonly string[];
}

/**
 * Asks every API server. In the middle of an upgrade, or where their --runtime-config differs, each serves resources that others do
 * not, and whichever answers would tell of its own alone. Where the servers cannot be distinguished, whichever answers is asked many
 * times.
 *
 * @throws UserError where one of them cannot be asked
 */
export async function resourcesOfEveryServer(
  cluster: Cluster,
  decommissioned: readonly string[],
  work: Work,
): Promise<ServedResources> {
  const servers = await findApiServers(cluster, { ...work, decommissioned });
  try {
    const answers = await everyServerOrIndistinct(servers, async () => {
      const seen: ServerDiscovery[] = [];
      for await (const server of visitEveryServer(servers, work))
        seen.push({ address: server.address, documents: await readDiscovery(server, work.signal) });
      return seen;
    });
    // In this order: an API that is registered in between is not taken for kube-apiserver's own.
    return uniteDiscoveries(answers, aggregatedVersions(await listApiServices(cluster, work.signal)));
  } finally {
    servers.close();
  }
}

/** Pure. @param aggregated as in OwnResources */
export function uniteDiscoveries(answers: readonly ServerDiscovery[], aggregated: readonly string[]): ServedResources {
  const listable = new Map<string, OwnResources["listable"][number]>();
  const chosen = new Map<string, OwnResources["listable"][number]>();
  for (const { documents } of answers) {
    for (const resource of listableResources(documents, aggregated).listable) {
      const name = qualifiedResourceName(resource);
      if (!listable.has(name)) listable.set(name, resource);
      chosen.set(`${name} ${resource.version}`, resource);
    }
  }
  const served = answers.map(({ address, documents }) => ({ address, there: everyVersion(documents) }));
  const uneven = [...chosen.values()].flatMap(({ group, version, plural }) => {
    const without = served.filter(({ there }) => !there.has(`${group}/${version} ${plural}`));
    const lacking = [...new Set(without.map(({ address }) => address))].sort();
    return lacking.length === 0 ? [] : [{ group, version, plural, lacking }];
  });
  return { listable: [...listable.values()], aggregated, uneven };
}

/** Each `GROUP/VERSION PLURAL`, whichever version is preferred. */
function everyVersion(documents: readonly GroupDiscoveryList[]): Set<string> {
  const all = documents.flatMap(({ items = [] }) =>
    items.flatMap(({ metadata, versions = [] }) =>
      versions.flatMap(({ version, resources = [] }) =>
        resources.map(({ resource }) => `${metadata?.name ?? ""}/${version} ${resource}`),
      ),
    ),
  );
  return new Set(all);
}

/** Those that a rotation would rewrite. Pure. */
export function findUnevenlyServed(
  rotated: readonly Pick<RotatedResource, "group" | "plural">[],
  { uneven }: ServedResources,
): UnevenResource[] {
  return uneven.filter(({ group, plural }) => rotated.some((each) => each.group === group && each.plural === plural));
}

export function describeUnevenlyServed(wildcards: readonly string[], uneven: readonly UnevenResource[]): Problem {
  const servers = [...new Set(uneven.flatMap(({ lacking }) => lacking))].sort();
  const lackedBy = (address: string): string[] =>
    uneven
      .filter(({ lacking }) => lacking.includes(address))
      .map((each) => `${qualifiedResourceName(each)} (${each.version})`)
      .sort();
  return {
    what: `resources: ${wildcards.map((each) => `"${each}"`).join(", ")} names what only some API servers serve`,
    items: servers.map((address) => `${address} does not serve ${boundedList(lackedBy(address), SHOWN)}`),
    expected: "every API server to serve each resource under a wildcard",
    why: "its objects can be missed by a rewrite, and with the old key they would be gone",
    next: "end the upgrade of the control plane, give every kube-apiserver the same --runtime-config and --feature-gates, or name the other resources one by one; then run `pulumi up` again",
  };
}
