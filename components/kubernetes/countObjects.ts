import { type Caller, type Resource, type KubernetesList, resourcePath, MetadataOnly } from "./api";

export interface ObjectCount {
  readonly objects: number;
  readonly listResourceVersion: string;
}

/** How many objects there are, and a list's resourceVersion, at the price of one object's metadata. */
export async function countObjects(cluster: Caller, resource: Resource, signal?: AbortSignal): Promise<ObjectCount> {
  const { metadata, items } = await cluster.call<KubernetesList>({
    method: "GET",
    path: resourcePath(resource),
    query: { limit: 1 },
    accept: MetadataOnly.list,
    ...(signal && { signal }),
  });
  const objects = (items ?? []).length + (metadata.remainingItemCount ?? 0);
  return { objects, listResourceVersion: metadata.resourceVersion ?? "" };
}
