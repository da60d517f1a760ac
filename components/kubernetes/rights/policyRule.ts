import { groupOfResourceName } from "../resourceNames";

/** rbac.authorization.k8s.io/v1 PolicyRule. */
export interface PolicyRule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
}

/** A custom resource whose CRD is moved. */
export interface MigratedResource {
  readonly group: string;
  readonly plural: string;
}

/** To tell this cluster from another one behind the same name, by the uid of its namespace kube-system. */
export const IDENTITY = policyRule("", ["namespaces"], ["get"], ["kube-system"]);

/** To count the API servers by their Leases. */
export const SERVERS = policyRule("coordination.k8s.io", ["leases"], ["list"]);

/** One rule a group; `*.*` is every group. */
export function policyRulesByPattern(patterns: readonly string[], verbs: readonly string[]): PolicyRule[] {
  const groups = new Map<string, Set<string>>();
  for (const pattern of patterns) {
    const group = pattern === "*.*" ? "*" : groupOfResourceName(pattern);
    const plural = pattern.split(".")[0] ?? "";
    groups.set(group, (groups.get(group) ?? new Set()).add(plural));
  }
  const resources = (plurals: Set<string>): string[] => (plurals.has("*") ? ["*"] : [...plurals].sort());
  return [...groups].sort(byFirst).map(([group, plurals]) => policyRule(group, resources(plurals), verbs));
}

export function policyRule(
  group: string,
  resources: readonly string[],
  verbs: readonly string[],
  names?: readonly string[],
): PolicyRule {
  return {
    apiGroups: [group],
    resources: [...resources],
    verbs: [...verbs],
    ...(names && { resourceNames: [...names] }),
  };
}

export function policyRulePluralsByGroup(resources: readonly MigratedResource[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const { group, plural } of resources) groups.set(group, [...(groups.get(group) ?? []), plural]);
  return [...groups].map(([group, plurals]): [string, string[]] => [group, plurals.sort()]).sort(byFirst);
}

function byFirst([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
