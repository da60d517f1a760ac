import type { Caller, Resource } from "./api";
import { UserError } from "./errors";

/** One document with every resource, since 1.27; `v2` since 1.30. https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery */
const AGGREGATED = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(",");

/** apidiscovery.k8s.io APIGroupDiscoveryList, as far as it is read. */
export interface GroupDiscoveryList {
  kind?: string;
  items?: {
    metadata?: { name?: string };
    versions?: {
      version: string;
      /** `Stale`: an aggregated API server did not answer. */
      freshness?: string;
      resources?: { resource: string; verbs?: string[] }[];
    }[];
  }[];
}

export interface ListableResource extends Resource {
  readonly verbs: readonly string[];
}

export interface EveryResource {
  /** Each resource that can be listed, once, at the version its group prefers. */
  readonly listable: readonly ListableResource[];
  /** Groups with a version that did not answer: what it holds is not known. */
  readonly silent: readonly string[];
}

/** Every resource of the cluster that can be listed, custom and aggregated ones too. */
export async function everyResource(caller: Caller, signal?: AbortSignal): Promise<EveryResource> {
  return listableResources(await readDiscovery(caller, signal));
}

/** For listableResources. */
export function readDiscovery(caller: Caller, signal?: AbortSignal): Promise<GroupDiscoveryList[]> {
  const request = { method: "GET", accept: AGGREGATED, ...(signal && { signal }) } as const;
  return Promise.all(["/api", "/apis"].map((path) => caller.call<GroupDiscoveryList>({ ...request, path })));
}

/**
 * @param leftOut versions that are not looked at, each `GROUP/VERSION`
 * @throws UserError when an answer is not aggregated discovery: a cluster of which only half is known is not searched
 */
export function listableResources(
  documents: readonly GroupDiscoveryList[],
  leftOut: readonly string[] = [],
): EveryResource {
  const resources = new Map<string, ListableResource>();
  const silent = new Set<string>();
  for (const document of documents) {
    if (document.kind !== "APIGroupDiscoveryList") {
      throw new UserError({
        what: `discovery answered ${document.kind ?? "nothing"}`,
        expected: "APIGroupDiscoveryList (Kubernetes 1.30 or later)",
        next: "ask whatever stands in front of the API server to let the Accept header through",
      });
    }
    for (const { metadata, versions = [] } of document.items ?? []) {
      const group = metadata?.name ?? "";
      for (const { version, freshness, resources: found = [] } of versions) {
        if (leftOut.includes(`${group}/${version}`)) continue;
        if (freshness === "Stale" && found.length === 0) silent.add(group);
        for (const { resource: plural, verbs = [] } of found) {
          const key = `${plural}.${group}`;
          if (verbs.includes("list") && !resources.has(key)) resources.set(key, { group, version, plural, verbs });
        }
      }
    }
  }
  return { listable: [...resources.values()], silent: [...silent] };
}
