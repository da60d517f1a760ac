import type { Caller, KubernetesList } from "../../kubernetes/api";
import { listableResources, type ListableResource, readDiscovery } from "../../kubernetes/everyResource";

/** apiregistration.k8s.io/v1 APIService, as far as it is read. */
export interface ApiService {
  spec?: { group?: string; version?: string; service?: object | null };
}

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
  const services = await cluster.call<KubernetesList<never> & { items: ApiService[] | null }>({
    method: "GET",
    path: "/apis/apiregistration.k8s.io/v1/apiservices",
    ...(signal && { signal }),
  });
  const aggregated = aggregatedVersions(services.items ?? []);
  return { listable: listableResources(discovered, aggregated).listable, aggregated };
}

/** Those that name a Service. Pure. */
export function aggregatedVersions(services: readonly ApiService[]): string[] {
  return services.flatMap(({ spec }) => (spec?.service == null ? [] : [`${spec.group}/${spec.version}`]));
}
