import type { Caller, KubernetesList, KubernetesObject } from "./api";

/** apiregistration.k8s.io/v1 APIService, as far as it is read. */
export interface ApiService extends KubernetesObject {
  spec: { group?: string; version?: string; service?: object | null };
}

export async function listApiServices(caller: Caller, signal?: AbortSignal): Promise<ApiService[]> {
  const path = "/apis/apiregistration.k8s.io/v1/apiservices";
  const { items } = await caller.call<KubernetesList<ApiService>>({ method: "GET", path, ...(signal && { signal }) });
  return items ?? [];
}
