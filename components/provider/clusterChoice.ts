import * as pulumi from "@pulumi/pulumi";
import { isKubeconfigContent } from "../kubernetes/kubeconfigFiles";
import type { Problem } from "../kubernetes/problem";

/** The arguments that say which cluster is meant. */
export interface ClusterArgs {
  /**
   * Path or content of a kubeconfig. Default: the stack's `kubernetes:kubeconfig`, else what kubectl uses. Content is a secret
   * in the state, and its tokens expire: prefer a path. Needed where an explicit Kubernetes provider is given.
   */
  kubeconfig?: string;
  /** Context in the kubeconfig. Default: the stack's `kubernetes:context`, else the current one. */
  context?: string;
  /**
   * uid of namespace kube-system of the only cluster this may work on. Default: that of the first run, which is recorded; another
   * one is an error at preview. Set it to accept a cluster that has taken the other one's place.
   */
  clusterId?: string;
}

/** As the phases get it: a reference, so that the state holds no token. */
export function clusterChoiceInputs({ kubeconfig, context, clusterId }: ClusterArgs): pulumi.Inputs {
  return {
    ...(kubeconfig !== undefined && { kubeconfig: referenceOrSecret(kubeconfig) }),
    ...(context !== undefined && { context }),
    ...(clusterId !== undefined && { id: clusterId }),
  };
}

/** The content of a kubeconfig holds credentials; its path does not. */
function referenceOrSecret(kubeconfig: string): pulumi.Input<string> {
  return isKubeconfigContent(kubeconfig) ? pulumi.secret(kubeconfig) : kubeconfig;
}

/**
 * A Kubernetes provider shows its kubeconfig to nobody (@pulumi/kubernetes: the class has no outputs), so which cluster it means
 * cannot be known; the ambient one would be a guess.
 */
export function whyClusterUnknown(component: pulumi.Resource, { kubeconfig }: ClusterArgs): Problem | undefined {
  if (kubeconfig !== undefined || component.getProvider("kubernetes:index:any") === undefined) return undefined;
  return {
    what: "an explicit Kubernetes provider is given, by opts or by a parent, and no `kubeconfig`",
    expected: "`kubeconfig` among this resource's arguments as well",
    why: "a provider does not tell which cluster it means",
    next: "set `kubeconfig` (a path, or its content) and `context` to what the provider has",
  };
}
