import { ADMISSION_RESOURCES } from "./admission";

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
const IDENTITY = rule("", ["namespaces"], ["get"], ["kube-system"]);
/** To count the API servers by their Leases. */
const SERVERS = rule("coordination.k8s.io", ["leases"], ["list"]);

/**
 * Exactly what `pulumi preview` needs: it reads. Discovery (GET /api, /apis) is every authenticated user's already. Without the
 * one on namespace kube-system it says that the cluster's identity is not checked. With `patch` on the CRD besides (`create` while
 * there is none) it asks the API server by a dry run whether it takes the definition; that right is not among these, since RBAC
 * cannot grant dry runs alone.
 */
export function rightsForPreview(resources: readonly MigratedResource[]): PolicyRule[] {
  return [
    IDENTITY,
    rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["get"], crdNames(resources)),
    ...byGroup(resources).map(([group, plurals]) => rule(group, plurals, ["list"])),
    admission(),
  ];
}

/** Exactly what `pulumi up` needs to move these CRDs, in every phase. */
export function rightsForUp(resources: readonly MigratedResource[]): PolicyRule[] {
  return [IDENTITY, ...rightsWithoutWhich(resources), SERVERS, admission()];
}

/**
 * Those of them without which a phase fails half way. Without the other three less is known: whether this is the same cluster,
 * how many API servers there are, and which admission rules name an old version.
 */
export function rightsWithoutWhich(
  resources: readonly MigratedResource[],
  { creates = true, inTree = true }: { creates?: boolean; inTree?: boolean } = {},
): PolicyRule[] {
  const locks = crdNames(resources).map((name) => `storage-migration-${name}`);
  return [
    // A create cannot be limited to a name: its object has none yet when it is authorized.
    ...(creates ? [rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["create"])] : []),
    rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["get", "patch"], crdNames(resources)),
    rule("apiextensions.k8s.io", ["customresourcedefinitions/status"], ["patch"], crdNames(resources)),
    // create is for the rehearsal's dry run; nothing of it is stored.
    ...byGroup(resources).map(([group, plurals]) => rule(group, plurals, ["list", "get", "patch", "create"])),
    rule("coordination.k8s.io", ["leases"], ["create"]),
    rule("coordination.k8s.io", ["leases"], ["get", "update"], locks),
    ...(inTree
      ? [rule("storagemigration.k8s.io", ["storageversionmigrations"], ["get", "list", "create", "patch", "delete"])]
      : []),
  ];
}

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
  const isAny = resources.some(isWildcard);
  const crds = isAny ? undefined : [...resources].sort();
  return [
    IDENTITY,
    ...(isAny ? [rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["list"])] : []),
    rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["get", "patch"], crds),
    rule("apiextensions.k8s.io", ["customresourcedefinitions/status"], ["patch"], crds),
    ...byPattern(resources, ["list", "get", "patch", "create"]),
    rule("coordination.k8s.io", ["leases"], ["create"]),
    rule(
      "coordination.k8s.io",
      ["leases"],
      ["get", "update"],
      crds?.map((name) => `storage-migration-${name}`),
    ),
    SERVERS,
    ...(migrator === "in-tree"
      ? [rule("storagemigration.k8s.io", ["storageversionmigrations"], ["get", "list", "create", "patch", "delete"])]
      : []),
  ];
}

/**
 * What dropping a version adds: owner references may stand on any object of the cluster. It reads metadata only, but RBAC
 * cannot say so: this grants reading secrets as well. Without it, name what may be left out: `skipOwnerSearch`. The counts of
 * requests by version are information, and left out where /metrics may not be read.
 */
export function rightsForDrop(): PolicyRule[] {
  return [rule("*", ["*"], ["list"]), { nonResourceURLs: ["/metrics"], verbs: ["get"] }];
}

/** Rules that name only an old version would end with it. */
function admission(): PolicyRule {
  return rule("admissionregistration.k8s.io", ADMISSION_RESOURCES, ["list"]);
}

/** What `protect` adds: Pulumi's kubernetes plugin makes the policy and its binding. */
export function rightsForProtection(resources: readonly MigratedResource[]): PolicyRule[] {
  const names = crdNames(resources).map((name) => `kubernetes-storage-migration-${name}`);
  const policies = ["validatingadmissionpolicies", "validatingadmissionpolicybindings"];
  return [
    rule("admissionregistration.k8s.io", policies, ["create"]),
    rule("admissionregistration.k8s.io", policies, ["get", "patch", "delete"], names),
  ];
}

/** What `onDelete` adds when the component leaves the program. */
export function rightsForDelete(resources: readonly MigratedResource[]): PolicyRule[] {
  return [rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["delete"], crdNames(resources))];
}

/** What a webhook behind a Service adds: it is asked through the API server's proxy, since its address is the cluster's own. */
export function rightsForConversionService(service: { namespace: string; name: string; port?: number }): PolicyRule[] {
  return [rule("", ["services/proxy"], ["create"], [`https:${service.name}:${service.port ?? 443}`])];
}

/**
 * Exactly what `kubernetes-storage-migration status` needs: it reads, and of objects metadata alone. RBAC knows no right to metadata, so `*`
 * grants reading secrets as well: name the API groups of your CRDs instead. Without one of these less is known, and it says what;
 * only the list of CRDs it cannot do without.
 */
export function rightsForStatus({ groups = ["*"] }: { readonly groups?: readonly string[] } = {}): PolicyRule[] {
  return [
    rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["list"]),
    // get is for conversion webhooks: the API server is made to convert one object.
    ...[...groups].sort().map((group) => rule(group, ["*"], ["get", "list"])),
    SERVERS,
    { nonResourceURLs: ["/metrics"], verbs: ["get"] },
  ];
}

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
    rule("apiregistration.k8s.io", ["apiservices"], ["list"]),
    rule("", ["configmaps"], ["get"], ["encryption-key-rotation"]),
    ...crdNamesUnder(resources),
    ...byPattern(resources, ["list"]),
  ];
}

/** Exactly what `pulumi up` of an EncryptionKeyRotation needs, in every phase. The files are no right of Kubernetes'. */
export function rightsForRotation({ resources, migrator = "in-tree", kms = false }: Rotation): PolicyRule[] {
  const custom = resources.filter((pattern) => groupOf(pattern).includes("."));
  const crds = custom.some(isWildcard) ? undefined : [...custom].sort();
  return [
    IDENTITY,
    SERVERS,
    { nonResourceURLs: ["/metrics", ...(kms ? ["/readyz/kms-providers"] : [])], verbs: ["get"] },
    rule("apiregistration.k8s.io", ["apiservices"], ["list"]),
    // A create cannot be limited to a name: its object has none yet when it is authorized.
    rule("", ["configmaps"], ["create"]),
    rule("", ["configmaps"], ["get", "patch"], ["encryption-key-rotation"]),
    ...crdNamesUnder(resources),
    ...byPattern(resources, ["list", "patch"]),
    rule("coordination.k8s.io", ["leases"], ["create"]),
    rule("coordination.k8s.io", ["leases"], ["get", "update"], ["storage-migration-encryption"]),
    ...(migrator === "in-tree"
      ? [rule("storagemigration.k8s.io", ["storageversionmigrations"], ["get", "list", "create", "patch", "delete"])]
      : []),
    // A StorageVersionMigration prunes status.storedVersions of a custom resource's CRD; it is put back.
    ...(migrator === "in-tree" && custom.length > 0
      ? [
          rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["get"], crds),
          rule("apiextensions.k8s.io", ["customresourcedefinitions/status"], ["patch"], crds),
        ]
      : []),
  ];
}

/** A CRD that is not served shows nowhere else; `*.*` has it in its own rule. */
function crdNamesUnder(patterns: readonly string[]): PolicyRule[] {
  const needed = !patterns.includes("*.*") && patterns.some((each) => isWildcard(each) && groupOf(each).includes("."));
  return needed ? [rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["list"])] : [];
}

/** One rule a group; `*.*` is every group. */
function byPattern(patterns: readonly string[], verbs: readonly string[]): PolicyRule[] {
  const groups = new Map<string, Set<string>>();
  for (const pattern of patterns) {
    const group = pattern === "*.*" ? "*" : groupOf(pattern);
    const plural = pattern.split(".")[0] ?? "";
    groups.set(group, (groups.get(group) ?? new Set()).add(plural));
  }
  const resources = (plurals: Set<string>): string[] => (plurals.has("*") ? ["*"] : [...plurals].sort());
  return [...groups].sort(byFirst).map(([group, plurals]) => rule(group, resources(plurals), verbs));
}

/** `example.com` of `databases.example.com` and of `*.example.com`; `.` of `*.*`, which may be any. */
function groupOf(pattern: string): string {
  return pattern === "*.*" ? "." : pattern.split(".").slice(1).join(".");
}

function isWildcard(pattern: string): boolean {
  return pattern.startsWith("*");
}

function rule(
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

function crdNames(resources: readonly MigratedResource[]): string[] {
  return resources.map(({ group, plural }) => `${plural}.${group}`).sort();
}

function byGroup(resources: readonly MigratedResource[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const { group, plural } of resources) groups.set(group, [...(groups.get(group) ?? []), plural]);
  return [...groups].map(([group, plurals]): [string, string[]] => [group, plurals.sort()]).sort(byFirst);
}

function byFirst([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
