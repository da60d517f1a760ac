import {
  IDENTITY,
  isWildcardRulePattern,
  type PolicyRule,
  policyRule,
  policyRulesByPattern,
  SERVERS,
} from "./policyRule";

/** CRDs that somebody else manages and that are migrated, as far as the rights depend on them. */
export interface Migration {
  /** @default "in-tree" */
  readonly migrator?: "in-tree" | "direct";
}

/**
 * Exactly what `kubernetes-storage-migration migrate` and `pulumi up` of a StorageMigration need. A pattern's CRDs are not known
 * beforehand, so that what a name would limit holds for all CRDs and for all Leases.
 *
 * @param resources as they are given: `ciliumnodes.cilium.io`, `*.cilium.io`
 */
export function rightsForMigration(
  resources: readonly string[],
  { migrator = "in-tree" }: Migration = {},
): PolicyRule[] {
  const isAny = resources.some(isWildcardRulePattern);
  const crds = isAny ? undefined : [...resources].sort();
  return [
    IDENTITY,
    ...(isAny ? [policyRule("apiextensions.k8s.io", ["customresourcedefinitions"], ["list"])] : []),
    policyRule("apiextensions.k8s.io", ["customresourcedefinitions"], ["get", "patch"], crds),
    policyRule("apiextensions.k8s.io", ["customresourcedefinitions/status"], ["patch"], crds),
    ...policyRulesByPattern(resources, ["list", "get", "patch", "create"]),
    policyRule("coordination.k8s.io", ["leases"], ["create"]),
    policyRule(
      "coordination.k8s.io",
      ["leases"],
      ["get", "update"],
      crds?.map((name) => `storage-migration-${name}`),
    ),
    SERVERS,
    ...(migrator === "in-tree"
      ? [
          policyRule(
            "storagemigration.k8s.io",
            ["storageversionmigrations"],
            ["get", "list", "create", "patch", "delete"],
          ),
        ]
      : []),
  ];
}
