import { qualifiedResourceName } from "../resourceNames";
import {
  IDENTITY,
  type MigratedResource,
  policyRulePluralsByGroup,
  type PolicyRule,
  policyRule,
  SERVERS,
} from "./policyRule";
import { ADMISSION_RESOURCES } from "../admission";

/**
 * Exactly what `pulumi preview` needs: it reads. Discovery (GET /api, /apis) is every authenticated user's already. Without the
 * one on namespace kube-system it says that the cluster's identity is not checked. With `patch` on the CRD besides (`create` while
 * there is none) it asks the API server by a dry run whether it takes the definition; that right is not among these, since RBAC
 * cannot grant dry runs alone.
 */
export function rightsForPreview(resources: readonly MigratedResource[]): PolicyRule[] {
  return [
    IDENTITY,
    policyRule(
      "apiextensions.k8s.io",
      ["customresourcedefinitions"],
      ["get"],
      resources.map(qualifiedResourceName).sort(),
    ),
    ...policyRulePluralsByGroup(resources).map(([group, plurals]) => policyRule(group, plurals, ["list"])),
    admission(),
  ];
}

/** Exactly what `pulumi up` needs to move these CRDs, in every phase. */
export function rightsForUp(resources: readonly MigratedResource[]): PolicyRule[] {
  return [IDENTITY, ...rightsWithoutWhichRolloutFails(resources), SERVERS, admission()];
}

/**
 * Those of them without which a phase fails half way. Without the other three less is known: whether this is the same cluster,
 * how many API servers there are, and which admission rules name an old version.
 */
export function rightsWithoutWhichRolloutFails(
  resources: readonly MigratedResource[],
  { creates = true, inTree = true }: { creates?: boolean; inTree?: boolean } = {},
): PolicyRule[] {
  return [
    // A create cannot be limited to a name: its object has none yet when it is authorized.
    ...(creates ? [policyRule("apiextensions.k8s.io", ["customresourcedefinitions"], ["create"])] : []),
    policyRule(
      "apiextensions.k8s.io",
      ["customresourcedefinitions"],
      ["get", "patch"],
      resources.map(qualifiedResourceName).sort(),
    ),
    policyRule(
      "apiextensions.k8s.io",
      ["customresourcedefinitions/status"],
      ["patch"],
      resources.map(qualifiedResourceName).sort(),
    ),
    // create is for the rehearsal's dry run; nothing of it is stored.
    ...policyRulePluralsByGroup(resources).map(([group, plurals]) =>
      policyRule(group, plurals, ["list", "get", "patch", "create"]),
    ),
    ...rightsForRolloutLocks(resources.map(qualifiedResourceName).sort(), inTree),
  ];
}

/** The lock of each rollout or migration, and what the in-tree migrator adds. Without names: any. */
export function rightsForRolloutLocks(names: readonly string[] | undefined, inTree: boolean): PolicyRule[] {
  const locks = names?.map((name) => `storage-migration-${name}`);
  return [
    policyRule("coordination.k8s.io", ["leases"], ["create"]),
    policyRule("coordination.k8s.io", ["leases"], ["get", "update"], locks),
    ...(inTree
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

/**
 * What dropping a version adds: owner references may stand on any object of the cluster. It reads metadata only, but RBAC
 * cannot say so: this grants reading secrets as well. Without it, name what may be left out: `skipOwnerSearch`. The counts of
 * requests by version are information, and left out where /metrics may not be read.
 */
export function rightsForDrop(): PolicyRule[] {
  return [policyRule("*", ["*"], ["list"]), { nonResourceURLs: ["/metrics"], verbs: ["get"] }];
}

/** Rules that name only an old version would end with it. */
function admission(): PolicyRule {
  return policyRule("admissionregistration.k8s.io", ADMISSION_RESOURCES, ["list"]);
}

/** What `protect` adds: Pulumi's kubernetes plugin makes the policy and its binding. */
export function rightsForProtection(resources: readonly MigratedResource[]): PolicyRule[] {
  const names = resources
    .map(qualifiedResourceName)
    .sort()
    .map((name) => `kubernetes-storage-migration-${name}`);
  const policies = ["validatingadmissionpolicies", "validatingadmissionpolicybindings"];
  return [
    policyRule("admissionregistration.k8s.io", policies, ["create"]),
    policyRule("admissionregistration.k8s.io", policies, ["get", "patch", "delete"], names),
  ];
}

/** What `onDelete` adds when the component leaves the program. */
export function rightsForDelete(resources: readonly MigratedResource[]): PolicyRule[] {
  return [
    policyRule(
      "apiextensions.k8s.io",
      ["customresourcedefinitions"],
      ["delete"],
      resources.map(qualifiedResourceName).sort(),
    ),
  ];
}
