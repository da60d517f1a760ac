import {
  IDENTITY,
  type MigratedResource,
  type PolicyRule,
  policyRule,
  policyRulesByPattern,
  SERVERS,
} from "./policyRule";
import { isResourceNamePattern, mayBeBuiltInName, mayBeCrdName } from "../resourceNames";
import { rightsForRolloutLocks } from "./rolloutRights";

/** ConfigMap in kube-system that records what is proven of built-in resources, a key for each. */
export const BUILT_IN_PROOFS = "storage-migration-proofs";
/** To know an aggregated API server's resource from kube-apiserver's own, and to record what is proven. */
const RECORDS_OF_BUILT_IN = [
  policyRule("apiregistration.k8s.io", ["apiservices"], ["list"]),
  policyRule("", ["configmaps"], ["create"]),
  policyRule("", ["configmaps"], ["get", "patch"], [BUILT_IN_PROOFS]),
];

/** CRDs that somebody else manages, and built-in resources, that are migrated, as far as the rights depend on them. */
export interface Migration {
  /** @default "in-tree" */
  readonly migrator?: "in-tree" | "direct";
}

/**
 * Exactly what `kubernetes-storage-migration migrate` and `pulumi up` of a StorageMigration need. A pattern's CRDs are not known
 * beforehand, so that what a name would limit holds for all CRDs and for all Leases. A name of a group that ends in `.k8s.io` may be a
 * CRD's or a built-in resource's, so that it needs the rights of both.
 *
 * @param resources as they are given: `ciliumnodes.cilium.io`, `*.cilium.io`, `secrets`, `horizontalpodautoscalers.autoscaling`
 */
export function rightsForMigration(
  resources: readonly string[],
  { migrator = "in-tree" }: Migration = {},
): PolicyRule[] {
  const isAny = resources.some(isResourceNamePattern);
  const names = isAny ? undefined : [...resources].sort();
  const custom = resources.filter(mayBeCrdName);
  const builtIn = resources.filter(mayBeBuiltInName);
  const crds = isAny ? undefined : [...custom].sort();
  return [
    IDENTITY,
    ...(isAny ? [policyRule("apiextensions.k8s.io", ["customresourcedefinitions"], ["list"])] : []),
    ...(custom.length === 0
      ? []
      : [
          policyRule("apiextensions.k8s.io", ["customresourcedefinitions"], ["get", "patch"], crds),
          policyRule("apiextensions.k8s.io", ["customresourcedefinitions/status"], ["patch"], crds),
        ]),
    ...policyRulesByPattern(custom, ["list", "get", "patch", "create"]),
    ...policyRulesByPattern(
      builtIn.filter((name) => !mayBeCrdName(name)),
      ["list", "get", "patch"],
    ),
    ...(builtIn.length === 0 ? [] : RECORDS_OF_BUILT_IN),
    ...rightsForRolloutLocks(names, migrator === "in-tree"),
    SERVERS,
  ];
}

/** On the objects of a built-in resource. */
export function rightsOnBuiltIn({ group, plural }: MigratedResource): PolicyRule {
  return policyRule(group, [plural], ["list", "get", "patch"]);
}

/** On everything else that migrating a built-in resource needs and cannot do without. */
export function ownRightsForBuiltIn(names: readonly string[], { inTree }: { inTree: boolean }): PolicyRule[] {
  return [...RECORDS_OF_BUILT_IN, ...rightsForRolloutLocks(names, inTree)];
}
