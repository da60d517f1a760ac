import { join } from "node:path";
import type { Client } from "./client";
import { writeKubeconfig } from "./kubeconfig";

/** A rule of a ClusterRole: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/cluster-role-v1/ */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

const namespace = "kube-system";
const daySeconds = 24 * 3600;

/** Makes a service account that holds exactly these rules, as a pipeline has, and writes a kubeconfig for it. Called again it replaces the rules. */
export async function makeUser(
  admin: Client,
  server: string,
  dir: string,
  name: string,
  rules: readonly PolicyRule[],
): Promise<string> {
  const manager = "local-cluster";
  const roles = "/apis/rbac.authorization.k8s.io/v1";
  const metadata = { name };
  await admin.apply(
    `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`,
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    manager,
  );
  // A PUT-like replacement, not a merge: apply owns the whole list of rules.
  await admin.apply(
    `${roles}/clusterroles/${name}`,
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata, rules },
    manager,
  );
  await admin.apply(
    `${roles}/clusterrolebindings/${name}`,
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
    manager,
  );
  const answer = (await admin.post(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: daySeconds },
  })) as { status: { token: string } };
  return writeKubeconfig(join(dir, `${name}.kubeconfig`), name, {
    ...admin.endpoint,
    server,
    token: answer.status.token,
  });
}
