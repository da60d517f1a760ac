import { IDENTITY, type PolicyRule, policyRule, policyRulesByPattern, SERVERS } from "./policyRule";
import { isResourceNamePattern, mayBeCrdName } from "../resourceNames";

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
    ...definitionsUnder(resources),
    ...policyRulesByPattern(resources, ["list"]),
  ];
}

/** Exactly what `pulumi up` of an EncryptionKeyRotation needs, in every phase. The files are no right of Kubernetes'. */
export function rightsForRotation({ resources, migrator = "in-tree", kms = false }: Rotation): PolicyRule[] {
  const crds = crdsUnder(resources);
  return [
    IDENTITY,
    SERVERS,
    { nonResourceURLs: ["/metrics", ...(kms ? ["/readyz/kms-providers"] : [])], verbs: ["get"] },
    policyRule("apiregistration.k8s.io", ["apiservices"], ["list"]),
    // A create cannot be limited to a name: its object has none yet when it is authorized.
    policyRule("", ["configmaps"], ["create"]),
    policyRule("", ["configmaps"], ["get", "patch"], ["encryption-key-rotation"]),
    ...definitionsUnder(resources),
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
    ...(migrator === "in-tree" && crds !== undefined
      ? [policyRule("apiextensions.k8s.io", ["customresourcedefinitions/status"], ["patch"], crds.names)]
      : []),
  ];
}

/** Custom resources are rewritten through their storage version, which the CRD names. One that is not served shows in a list alone; `*.*` has that in its own rule. */
function definitionsUnder(patterns: readonly string[]): PolicyRule[] {
  const crds = crdsUnder(patterns);
  if (crds === undefined) return [];
  const verbs = crds.names === undefined && !patterns.includes("*.*") ? ["get", "list"] : ["get"];
  return [policyRule("apiextensions.k8s.io", ["customresourcedefinitions"], verbs, crds.names)];
}

/** The CRDs that these patterns may cover: all, where one is a wildcard. */
function crdsUnder(patterns: readonly string[]): { names: string[] | undefined } | undefined {
  const custom = patterns.filter(mayBeCrdName);
  if (custom.length === 0) return undefined;
  return { names: custom.some(isResourceNamePattern) ? undefined : [...custom].sort() };
}
