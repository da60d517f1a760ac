import type { KubernetesObject } from "../kubernetes/api";

/**
 * What the API server sets and takes from nobody, and the owners: an object whose owners' uids are not there any more is deleted
 * by the garbage collector right after it was restored. Whoever owns it adopts it again.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
const NOT_RESTORED = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "ownerReferences",
  "resourceVersion",
  "selfLink",
  "uid",
];

/** The object as `kubectl apply` takes it into a cluster that has it no more. Its status stays, which apply sets where it is no subresource. */
export function restorable(object: KubernetesObject, apiVersion: string, kind: string): KubernetesObject {
  const { apiVersion: _, kind: __, metadata, ...rest } = object;
  const kept = Object.entries(metadata).filter(([key]) => !NOT_RESTORED.includes(key));
  return { apiVersion, kind, metadata: Object.fromEntries(kept) as KubernetesObject["metadata"], ...rest };
}
