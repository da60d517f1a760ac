/** rbac.authorization.k8s.io/v1 PolicyRule. */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

export interface MigratedResource {
  readonly group: string;
  readonly plural: string;
}

/** Exactly what `pulumi preview` needs: it reads. Discovery (GET /api, /apis) is every authenticated user's already. */
export function rightsForPreview(resources: readonly MigratedResource[]): PolicyRule[] {
  return [
    rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["get"], crdNames(resources)),
    ...byGroup(resources).map(([group, plurals]) => rule(group, plurals, ["list"])),
  ];
}

/** Exactly what `pulumi up` needs to move these CRDs, in every phase. */
export function rightsForUp(resources: readonly MigratedResource[]): PolicyRule[] {
  const locks = crdNames(resources).map((name) => `storage-migration-${name}`);
  return [
    // A create cannot be limited to a name: its object has none yet when it is authorized.
    rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["create"]),
    rule("apiextensions.k8s.io", ["customresourcedefinitions"], ["get", "patch"], crdNames(resources)),
    rule("apiextensions.k8s.io", ["customresourcedefinitions/status"], ["patch"], crdNames(resources)),
    // create is for the rehearsal's dry run; nothing of it is stored.
    ...byGroup(resources).map(([group, plurals]) => rule(group, plurals, ["list", "get", "patch", "create"])),
    rule("coordination.k8s.io", ["leases"], ["list", "create"]),
    rule("coordination.k8s.io", ["leases"], ["get", "update"], locks),
    rule("storagemigration.k8s.io", ["storageversionmigrations"], ["get", "list", "create", "patch", "delete"]),
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
