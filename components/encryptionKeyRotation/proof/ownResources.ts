import type { Caller } from "../../kubernetes/api";
import { type ApiService, listApiServices } from "../../kubernetes/apiServices";
import { listableResources, type ListableResource, readDiscovery } from "../../kubernetes/everyResource";

/** What kube-apiserver serves out of its own etcd. */
export interface OwnResources {
  /** Each once, at the version preferred of those that are its own. */
  readonly listable: readonly ListableResource[];
  /** Versions that others serve behind it, each `GROUP/VERSION`. */
  readonly aggregated: readonly string[];
}

/** A CRD's group may have versions of an aggregated API beside its own: those are left out before one is chosen. */
export async function ownResources(cluster: Caller, signal?: AbortSignal): Promise<OwnResources> {
  const discovered = await readDiscovery(cluster, signal);
  // In this order: an API that is registered in between is not taken for kube-apiserver's own.
  const aggregated = aggregatedVersions(await listApiServices(cluster, signal));
  return { listable: listableResources(discovered, aggregated).listable, aggregated };
}

/** Those that name a Service. Pure. */
export function aggregatedVersions(services: readonly Pick<ApiService, "spec">[]): string[] {
  return services.flatMap(({ spec }) => (spec.service == null ? [] : [`${spec.group}/${spec.version}`]));
}
