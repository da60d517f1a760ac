import type { Client } from "../local/cluster/client";

const API = "/apis/flowcontrol.apiserver.k8s.io/v1";
const NAME = "chaos-storm";

/**
 * Every request of this service account is answered with 429 and a Retry-After, by API Priority and Fairness:
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/.
 */
export async function startStorm(client: Client, user: string): Promise<{ end(): Promise<void> }> {
  const head = { apiVersion: "flowcontrol.apiserver.k8s.io/v1", metadata: { name: NAME } };
  const limited = { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: { type: "Reject" } };
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
    spec: { priorityLevelConfiguration: { name: NAME }, matchingPrecedence: 2, rules: [everything] },
  });
  return {
    end: async () => {
      await client.delete(`${API}/flowschemas/${NAME}`);
      await client.delete(`${API}/prioritylevelconfigurations/${NAME}`);
    },
  };
}
