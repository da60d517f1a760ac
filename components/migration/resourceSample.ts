import type { KubernetesObject, Resource } from "../kubernetes/api";
import type { Cluster } from "../kubernetes/cluster";
import { hasErrorStatus } from "../kubernetes/errors";
import { listFirstObjects } from "../kubernetes/listFirstObjects";
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
  try {
    const first = await withRetries({ seconds: PLAN_SECONDS }, () => listFirstObjects(cluster, resource, SAMPLED));
    const { objects, count, resourceVersion: listed } = first;
    return { objects, count, ...(listed !== undefined && { listed }) };
  } catch (error) {
    // Not served, or unreadable just now: the plan's other facts say so.
    if (hasErrorStatus(error, 404, 429, 500, 503, 504)) return { objects: [] };
    throw error;
  }
}
