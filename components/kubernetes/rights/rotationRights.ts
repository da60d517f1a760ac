import { IDENTITY, type PolicyRule, policyRule, policyRulesByPattern, SERVERS } from "./policyRule";
import { groupOfResourceName, isResourceNamePattern } from "../resourceNames";

/** A rotation of encryption keys, as far as its rights depend on it. */
export interface Rotation {
  /** As in the component: `secrets`, `databases.example.com`, `*.apps`, `*.*`. */
  readonly resources: readonly string[];
  /** @default "in-tree" */
  readonly migrator?: "in-tree" | "direct";
  /** The write key is a KMS plugin's. @default false */
  readonly kms?: boolean;
}

/**
 * Exactly what `pulumi preview` of an EncryptionKeyRotation needs: it reads. It counts objects by their metadata, but RBAC cannot say
 * so: listing a resource grants reading its objects.
 */
export function rightsForRotationPreview({ resources }: Rotation): PolicyRule[] {
  return [
    IDENTITY,
    SERVERS,
    { nonResourceURLs: ["/metrics"], verbs: ["get"] },
    policyRule("apiregistration.k8s.io", ["apiservices"], ["list"]),
    policyRule("", ["configmaps"], ["get"], ["encryption-key-rotation"]),
    ...crdNamesUnder(resources),
    ...policyRulesByPattern(resources, ["list"]),
  ];
}

/** Exactly what `pulumi up` of an EncryptionKeyRotation needs, in every phase. The files are no right of Kubernetes'. */
export function rightsForRotation({ resources, migrator = "in-tree", kms = false }: Rotation): PolicyRule[] {
  const custom = resources.filter((pattern) => groupOfResourceName(pattern).includes("."));
  const crds = custom.some(isResourceNamePattern) ? undefined : [...custom].sort();
  return [
    IDENTITY,
    SERVERS,
    { nonResourceURLs: ["/metrics", ...(kms ? ["/readyz/kms-providers"] : [])], verbs: ["get"] },
    policyRule("apiregistration.k8s.io", ["apiservices"], ["list"]),
    // A create cannot be limited to a name: its object has none yet when it is authorized.
    policyRule("", ["configmaps"], ["create"]),
    policyRule("", ["configmaps"], ["get", "patch"], ["encryption-key-rotation"]),
    ...crdNamesUnder(resources),
    ...policyRulesByPattern(resources, ["list", "patch"]),
    policyRule("coordination.k8s.io", ["leases"], ["create"]),
    policyRule("coordination.k8s.io", ["leases"], ["get", "update"], ["storage-migration-encryption"]),
    ...(migrator === "in-tree"
      ? [
          policyRule(
            "storagemigration.k8s.io",
            ["storageversionmigrations"],
            ["get", "list", "create", "patch", "delete"],
          ),
        ]
      : []),
    // A StorageVersionMigration prunes status.storedVersions of a custom resource's CRD; it is put back.
    ...(migrator === "in-tree" && custom.length > 0
      ? [
          policyRule("apiextensions.k8s.io", ["customresourcedefinitions"], ["get"], crds),
          policyRule("apiextensions.k8s.io", ["customresourcedefinitions/status"], ["patch"], crds),
        ]
      : []),
  ];
}

/** A CRD that is not served shows nowhere else; `*.*` has it in its own rule. */
function crdNamesUnder(patterns: readonly string[]): PolicyRule[] {
  const needed =
    !patterns.includes("*.*") &&
    patterns.some((each) => isResourceNamePattern(each) && groupOfResourceName(each).includes("."));
  return needed ? [policyRule("apiextensions.k8s.io", ["customresourcedefinitions"], ["list"])] : [];
}
