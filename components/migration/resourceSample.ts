import {
  type KubernetesList,
  type KubernetesObject,
  MetadataOnly,
  type Resource,
  resourcePath,
} from "../kubernetes/api";
import type { Cluster } from "../kubernetes/cluster";
import { hasErrorStatus } from "../kubernetes/errors";
import { withRetries } from "../kubernetes/retry";

/** The first objects of a resource, metadata only, and how many there are about. */
export interface ResourceSample {
  readonly objects: readonly KubernetesObject[];
  /** Undefined while the resource cannot be listed. */
  readonly count?: number;
  /** Of the list; undefined while the resource cannot be listed. */
  readonly listed?: string;
}

const SAMPLED = 500;
const PLAN_SECONDS = 5;

/** @param resource at its storage version */
export async function readResourceSample(cluster: Cluster, resource: Resource): Promise<ResourceSample> {
  const request = {
    method: "GET",
    path: resourcePath(resource),
    query: { limit: SAMPLED },
    accept: MetadataOnly.list,
  } as const;
  try {
    const list = await withRetries({ seconds: PLAN_SECONDS }, () => cluster.call<KubernetesList>(request));
    const objects = list.items ?? [];
    const { remainingItemCount = 0, resourceVersion: listed } = list.metadata;
    return { objects, count: objects.length + remainingItemCount, ...(listed !== undefined && { listed }) };
  } catch (error) {
    // Not served, or unreadable just now: the plan's other facts say so.
    if (hasErrorStatus(error, 404, 429, 500, 503, 504)) return { objects: [] };
    throw error;
  }
}
