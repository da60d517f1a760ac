import { type PolicyRule, policyRule, SERVERS } from "./policyRule";

/**
 * Exactly what `kubernetes-storage-migration status` needs: it reads, and of objects metadata alone. RBAC knows no right to metadata, so `*`
 * grants reading secrets as well: name the API groups of your CRDs instead. Without one of these less is known, and it says what;
 * only the list of CRDs it cannot do without.
 */
export function rightsForStatus({ groups = ["*"] }: { readonly groups?: readonly string[] } = {}): PolicyRule[] {
  return [
    policyRule("apiextensions.k8s.io", ["customresourcedefinitions"], ["list"]),
    // get is for conversion webhooks: the API server is made to convert one object.
    ...[...groups].sort().map((group) => policyRule(group, ["*"], ["get", "list"])),
    SERVERS,
    { nonResourceURLs: ["/metrics"], verbs: ["get"] },
  ];
}
