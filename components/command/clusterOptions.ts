import type { ClusterReference } from "../kubernetes/kubeconfigFiles";

/** For `parseArgs`: which cluster. */
export const CLUSTER_OPTIONS = { context: { type: "string" }, kubeconfig: { type: "string" } } as const;

/** @param options as `parseArgs` read them */
export function clusterReferenceOfOptions({
  context,
  kubeconfig,
}: {
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
}): ClusterReference {
  return { ...(context !== undefined && { context }), ...(kubeconfig !== undefined && { kubeconfig }) };
}
