import type { Definition } from "../../crd/definition";
import type { Cluster } from "../../kubernetes/cluster";
import { servedStorageMigrationVersion } from "../../kubernetes/discovery";
import { missingRights } from "../../kubernetes/missingRights";
import type { Problem } from "../../kubernetes/problem";
import { rightsWithoutWhich } from "../../kubernetes/rights/rolloutRights";

/** Which rights are missing that a later step needs: known before the first write, not half way. */
export async function whyRightsMissing(
  cluster: Cluster,
  { metadata, spec }: Definition,
  migrator: "in-tree" | "direct",
): Promise<Problem | undefined> {
  const inTree = migrator === "in-tree" && (await servedStorageMigrationVersion(cluster)) !== undefined;
  const resources = [{ group: spec.group, plural: spec.names.plural }];
  const missing = await missingRights(
    cluster,
    rightsWithoutWhich(resources, { creates: false, inTree }),
    "kube-system",
  );
  if (missing.length === 0) return undefined;
  return {
    what: `${metadata.name}: not allowed to ${missing.join(", to ")}`,
    expected: "every right of the whole migration before its first change",
    next: `grant this user by a ClusterRoleBinding (a Role in some namespaces does not reach every object) what rightsForMigration(["${metadata.name}"]) returns (docs/migrate.md)`,
  };
}
