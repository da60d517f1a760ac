import type { Cluster } from "../../kubernetes/cluster";
import { plannedStorageMigrationVersion } from "../../kubernetes/discovery";
import { clusterIdentity } from "../../kubernetes/identity";
import { describeMigratorOfPlan } from "../definition/plan";
import { planMovingStale } from "../foreign/planMovingStale";
import type { MigrationOptions, ResourcePlan } from "../resourceMigration";
import { readResourceSample, type ResourceSample } from "../resourceSample";
import { type BuiltIn, storageOfBuiltIn } from "./builtIn";
import { type BuiltInProof, isBuiltInProven } from "./proof";
import { readProofConfigMap } from "./proofConfigMap";

/** What there is to do for one built-in resource. */
export interface BuiltInPlan extends ResourcePlan {
  readonly builtIn: BuiltIn;
  /** `v2`. */
  readonly storage: string;
}

export interface BuiltInFacts {
  /** Which storagemigration.k8s.io version is served, if any and wanted. */
  readonly storageMigrationApi?: string | undefined;
  readonly proof?: BuiltInProof | undefined;
  /** uid of namespace kube-system; empty where it may not be read. */
  readonly cluster: string;
  readonly sample: ResourceSample;
}

/** Reads what a plan needs: four short GETs. Writes nothing. */
export async function planBuiltIn(
  cluster: Cluster,
  builtIn: BuiltIn,
  { migrator }: Pick<MigrationOptions, "migrator">,
): Promise<BuiltInPlan> {
  const [storageMigrationApi, proof, uid, sample] = await Promise.all([
    migrator === "in-tree" ? plannedStorageMigrationVersion(cluster) : undefined,
    readProofConfigMap(cluster, builtIn.name),
    clusterIdentity(cluster),
    readResourceSample(cluster, builtIn),
  ]);
  return decideBuiltInPlan(builtIn, { storageMigrationApi, proof, cluster: uid ?? "", sample }, migrator);
}

/** The same from facts; pure. */
export function decideBuiltInPlan(
  builtIn: BuiltIn,
  facts: BuiltInFacts,
  migrator: MigrationOptions["migrator"],
): BuiltInPlan {
  const { name, hash } = builtIn;
  const { sample } = facts;
  const storage = storageOfBuiltIn(builtIn, hash);
  const rewriting = planRewrite(builtIn, facts, migrator);
  const { stale, moving } = planMovingStale(sample.objects, builtIn);
  return { builtIn, name, storage, plan: [...rewriting, ...moving], rewrites: rewriting.length > 0, sample, stale };
}

function planRewrite(builtIn: BuiltIn, facts: BuiltInFacts, migrator: MigrationOptions["migrator"]): string[] {
  const { proof, cluster, sample, storageMigrationApi } = facts;
  const { hash, inTree } = builtIn;
  if (isBuiltInProven(proof, { cluster, hash, listed: sample.listed })) return [];
  const isOfOtherVersion = proof?.cluster === cluster && proof.storageVersionHash !== hash;
  const from = isOfOtherVersion ? proof.storageVersion : "unproven";
  const how = describeMigratorOfPlan(inTree ? migrator : "direct", storageMigrationApi);
  return [`${from} → ${storageOfBuiltIn(builtIn, hash)}: rewrite every object ${how}`];
}
