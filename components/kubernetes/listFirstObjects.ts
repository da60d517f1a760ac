import {
  type ApiRequest,
  type Caller,
  type KubernetesList,
  type KubernetesObject,
  MetadataOnly,
  type Resource,
  resourcePath,
} from "./api";

export interface FirstObjects {
  /** Metadata only. */
  readonly objects: readonly KubernetesObject[];
  /** Of all objects, as far as the server says. */
  readonly count: number;
  /** There are no more than these. */
  readonly isAll: boolean;
  /** Of the list. */
  readonly resourceVersion?: string;
}

/** The first objects of a resource, metadata only, and how many there are: one short LIST, however many that is. */
export async function listFirstObjects(
  caller: Caller,
  resource: Resource,
  limit: number,
  options: Pick<ApiRequest, "signal" | "timeoutSeconds"> = {},
): Promise<FirstObjects> {
  const { metadata, items } = await caller.call<KubernetesList>({
    method: "GET",
    path: resourcePath(resource),
    query: { limit },
    accept: MetadataOnly.list,
    ...options,
  });
  const objects = items ?? [];
  const { resourceVersion, remainingItemCount = 0 } = metadata;
  return {
    objects,
    count: objects.length + remainingItemCount,
    isAll: !metadata.continue,
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
}
