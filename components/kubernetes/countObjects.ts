import { type Caller, type Resource } from "./api";
import { listFirstObjects } from "./listFirstObjects";

export interface ObjectCount {
  readonly objects: number;
  readonly listResourceVersion: string;
}

/** How many objects there are, and a list's resourceVersion, at the price of one object's metadata. */
export async function countObjects(cluster: Caller, resource: Resource, signal?: AbortSignal): Promise<ObjectCount> {
  const { count, resourceVersion = "" } = await listFirstObjects(cluster, resource, 1, { ...(signal && { signal }) });
  return { objects: count, listResourceVersion: resourceVersion };
}
