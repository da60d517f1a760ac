import type { Definition } from "../crd/definition";
import type { Cluster } from "../kubernetes/cluster";
import { discoverStorageMigrationVersion } from "../kubernetes/discovery";
import { missingRights } from "../kubernetes/missingRights";
import type { Problem } from "../kubernetes/problem";
import { ownRightsForBuiltIn, rightsOnBuiltIn } from "../kubernetes/rights/migrationRights";
import { rightsWithoutWhichRolloutFails } from "../kubernetes/rights/rolloutRights";
import { type PolicyRule } from "../kubernetes/rights/policyRule";

type Migrator = "in-tree" | "direct";

/** Which rights are missing that a later step needs: known before the first write, not half way. */
export async function whyRightsMissingForForeign(
  cluster: Cluster,
  { metadata, spec }: Definition,
  migrator: Migrator,
): Promise<Problem | undefined> {
  const inTree = await isInTree(cluster, migrator);
  const resources = [{ group: spec.group, plural: spec.names.plural }];
  return whyMissing(cluster, metadata.name, rightsWithoutWhichRolloutFails(resources, { creates: false, inTree }));
}

/** The same for a built-in resource. */
export async function whyRightsMissingForBuiltIn(
  cluster: Cluster,
  builtIn: { readonly name: string; readonly group: string; readonly plural: string },
  migrator: Migrator,
): Promise<Problem | undefined> {
  const own = ownRightsForBuiltIn([builtIn.name], { inTree: await isInTree(cluster, migrator) });
  return whyMissing(cluster, builtIn.name, own, [rightsOnBuiltIn(builtIn)]);
}

async function isInTree(cluster: Cluster, migrator: Migrator): Promise<boolean> {
  return migrator === "in-tree" && (await discoverStorageMigrationVersion(cluster)) !== undefined;
}

/** @param everywhere rights in every namespace, whatever the resource: `configmaps` and `leases` may be what is migrated */
async function whyMissing(
  cluster: Cluster,
  name: string,
  own: readonly PolicyRule[],
  everywhere: readonly PolicyRule[] = [],
): Promise<Problem | undefined> {
  const missing = [
    ...(await missingRights(cluster, everywhere)),
    ...(await missingRights(cluster, own, "kube-system")),
  ];
  if (missing.length === 0) return undefined;
  return {
    what: `${name}: not allowed to ${missing.join(", to ")}`,
    expected: "every right of the whole migration before its first change",
    next: `grant this user by a ClusterRoleBinding (a Role in some namespaces does not reach every object) what rightsForMigration(["${name}"]) returns (docs/migrate.md)`,
  };
}
