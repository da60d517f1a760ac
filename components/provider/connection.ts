import { Cluster } from "../kubernetes/cluster";
import type { ClusterReference } from "../kubernetes/kubeconfigFiles";
import type { SharedInputs } from "./inputs";

/** The stack's configuration, as the engine hands it to a dynamic provider. */
export interface StackConfig {
  get(key: string): string | undefined;
}

const clusters = new Map<string, Promise<Cluster>>();

/** One connection to each cluster for the whole process: fifty CRDs share its request budget. */
export function connect(inputs: Pick<SharedInputs, "cluster">, config: StackConfig | undefined): Promise<Cluster> {
  const reference = clusterReference(inputs.cluster, config);
  const key = JSON.stringify(reference);
  const cluster = clusters.get(key) ?? Cluster.connect(reference);
  clusters.set(key, cluster);
  cluster.catch(() => clusters.delete(key)); // a failed one is tried anew by the next phase
  return cluster;
}

/** The component's own arguments, else the stack's `kubernetes:` configuration, else what kubectl would use. */
function clusterReference(given: ClusterReference, config: StackConfig | undefined): ClusterReference {
  const kubeconfig = given.kubeconfig ?? config?.get("kubernetes:kubeconfig");
  const context = given.context ?? config?.get("kubernetes:context");
  return { ...(kubeconfig !== undefined && { kubeconfig }), ...(context !== undefined && { context }) };
}
