import type { Caller, KubernetesObject } from "./api";
import { hasErrorStatus } from "./errors";

/** The right without which a cluster cannot be told from another one. */
export const IDENTITY_RULE =
  '{apiGroups: [""], resources: ["namespaces"], resourceNames: ["kube-system"], verbs: ["get"]}';

/**
 * uid of namespace kube-system: made once with the cluster, whatever its address or its name in a kubeconfig, and restored
 * with its etcd. https://opentelemetry.io/docs/specs/semconv/resource/k8s/#cluster gives the reasons.
 *
 * @returns undefined where it may not be read
 */
export async function clusterIdentity(caller: Caller): Promise<string | undefined> {
  try {
    const path = "/api/v1/namespaces/kube-system";
    const { metadata } = await caller.call<KubernetesObject>({ method: "GET", path, timeoutSeconds: 5 });
    return metadata.uid;
  } catch (error) {
    if (hasErrorStatus(error, 403, 404)) return undefined;
    throw error;
  }
}
