import { ADMISSION_RESOURCES } from "./admission";

/** rbac.authorization.k8s.io/v1 PolicyRule. */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
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
 * one on namespace kube-system it says that the cluster's identity is not checked.
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

/**
 * What dropping a version adds: owner references may stand on any object of the cluster. It reads metadata only, but RBAC
 * cannot say so: this grants reading secrets as well. Without it, name what may be left out: `unscanned`. The counts of
 * requests by version are information, and left out where /metrics may not be read.
 */
export function rightsForDrop(): PolicyRule[] {
  return [rule("*", ["*"], ["list"]), { nonResourceURLs: ["/metrics"], verbs: ["get"] }];
}

/** Rules that name only an old version would end with it. */
function admission(): PolicyRule {
  return rule("admissionregistration.k8s.io", ADMISSION_RESOURCES, ["list"]);
}

/** What `onDelete` adds when the component leaves the program. */
export function rightsForDelete(resources: readonly MigratedResource[]): PolicyRule[] {
  return [rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["delete"], crdNames(resources))];
}

/**
 * What `pulumi preview` of an EncryptionKeyRotation needs: it counts objects by their metadata, but RBAC cannot say so, and this
 * grants reading Secrets as well. What the API servers run with stands in their metrics.
 *
 * @param resources those that are rotated, e.g. `{ group: "", plural: "secrets" }`; `{ group: "*", plural: "*" }` for `*.*`
 */
export function rightsForRotationPreview(resources: readonly MigratedResource[]): PolicyRule[] {
  return [
    IDENTITY,
    SERVERS,
    { nonResourceURLs: ["/metrics"], verbs: ["get"] },
    rule("apiregistration.k8s.io", ["apiservices"], ["list"]),
    rule("", ["configmaps"], ["get"], [ROTATION_RECORD]),
    ...byGroup(resources).map(([group, plurals]) => rule(group, plurals, ["list"])),
  ];
}

/** What `pulumi up` needs to rotate the keys of these resources, in every phase; those of preview are among them. */
export function rightsForRotation(resources: readonly MigratedResource[]): PolicyRule[] {
  const crds = resources.filter(({ group }) => group.includes("."));
  return [
    IDENTITY,
    SERVERS,
    { nonResourceURLs: ["/metrics", "/readyz/kms-providers"], verbs: ["get"] },
    rule("apiregistration.k8s.io", ["apiservices"], ["list"]),
    // A create cannot be limited to a name: its object has none yet when it is authorized.
    rule("", ["configmaps"], ["create"]),
    rule("", ["configmaps"], ["get", "patch"], [ROTATION_RECORD]),
    ...byGroup(resources).map(([group, plurals]) => rule(group, plurals, ["list", "get", "patch"])),
    rule("coordination.k8s.io", ["leases"], ["create"]),
    rule("coordination.k8s.io", ["leases"], ["get", "update"], ["storage-migration-encryption"]),
    rule("storagemigration.k8s.io", ["storageversionmigrations"], ["get", "list", "create", "patch", "delete"]),
    ...(crds.length === 0
      ? []
      : [
          rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["get", "patch"], crdNames(crds)),
          rule("apiextensions.k8s.io", ["customresourcedefinitions/status"], ["patch"], crdNames(crds)),
        ]),
  ];
}

/** The ConfigMap of a rotation's proofs: RECORD_NAME in rotation/record.ts, which knows nothing of rights. */
const ROTATION_RECORD = "encryption-key-rotation";

/** What a webhook behind a Service adds: it is asked through the API server's proxy, since its address is the cluster's own. */
export function rightsForConversionService(service: { namespace: string; name: string; port?: number }): PolicyRule[] {
  return [rule("", ["services/proxy"], ["create"], [`https:${service.name}:${service.port ?? 443}`])];
}

function rule(
  group: string,
  resources: readonly string[],
  verbs: readonly string[],
  names?: readonly string[],
): PolicyRule {
  return { apiGroups: [group], resources, verbs, ...(names && { resourceNames: names }) };
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
