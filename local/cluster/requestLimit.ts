import type { Client } from "./client";

const API = "/apis/flowcontrol.apiserver.k8s.io/v1";

/**
 * API Priority and Fairness gives this service account a level of its own with so many shares, and answers what goes
 * beyond with 429 and a Retry-After; with 0 shares that is every request. A share is about 2.4 requests at once, of the 600 that
 * an API server takes by default: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/.
 */
export async function limitRequests(client: Client, user: string, shares: number): Promise<{ end(): Promise<void> }> {
  const name = `limit-${user}`;
  const head = { apiVersion: "flowcontrol.apiserver.k8s.io/v1", metadata: { name } };
  const limited = { nominalConcurrencyShares: shares, borrowingLimitPercent: 0, limitResponse: { type: "Reject" } };
  await client.post(`${API}/prioritylevelconfigurations`, {
    ...head,
    kind: "PriorityLevelConfiguration",
    spec: { type: "Limited", limited },
  });
  const everything = {
    subjects: [{ kind: "ServiceAccount", serviceAccount: { namespace: "kube-system", name: user } }],
    resourceRules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"], namespaces: ["*"], clusterScope: true }],
    nonResourceRules: [{ nonResourceURLs: ["*"], verbs: ["*"] }],
  };
  await client.post(`${API}/flowschemas`, {
    ...head,
    kind: "FlowSchema",
    spec: { priorityLevelConfiguration: { name }, matchingPrecedence: 2, rules: [everything] },
  });
  return {
    end: async () => {
      await client.delete(`${API}/flowschemas/${name}`);
      await client.delete(`${API}/prioritylevelconfigurations/${name}`);
    },
  };
}
