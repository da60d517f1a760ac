import type { KubernetesObject } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { plannedStorageMigrationVersion } from "../../kubernetes/discovery";
import { clusterIdentity } from "../../kubernetes/identity";
import type { Problem } from "../../kubernetes/problem";
import { describeMigrator } from "../definition/plan";
import { readForeignSample, type Sample } from "../foreign/foreignSample";
import type { ForeignOptions } from "../foreign/plan";
import { planMovingStale } from "../foreign/planMovingStale";
import { type BuiltIn, storageOfBuiltIn } from "./builtIn";
import { type BuiltInProof, isBuiltInProven } from "./proof";
import { readBuiltInProof } from "./proofConfigMap";

/** What there is to do for one built-in resource. */
export interface BuiltInPlan {
  readonly builtIn: BuiltIn;
  readonly name: string;
  /** `v2`. */
  readonly storage: string;
  /** Sentences keyed by from → to; empty when there is nothing to do. */
  readonly plan: readonly string[];
  /** The objects have to be rewritten and proven; false where managedFields alone are to be moved. */
  readonly rewrites: boolean;
  /** Why it is not done, although there is something to do. */
  readonly refusal?: Problem;
  readonly sample: Sample;
  /** Objects of the sample whose managedFields name versions that are not served. */
  readonly stale: readonly KubernetesObject[];
}

export interface BuiltInFacts {
  /** Which storagemigration.k8s.io version is served, if any and wanted. */
  readonly storageMigrationApi?: string | undefined;
  readonly proof?: BuiltInProof | undefined;
  /** uid of namespace kube-system; empty where it may not be read. */
  readonly cluster: string;
  readonly sample: Sample;
}

/** Reads what a plan needs: four short GETs. Writes nothing. */
export async function planBuiltIn(
  cluster: Cluster,
  builtIn: BuiltIn,
  { migrator }: Pick<ForeignOptions, "migrator">,
): Promise<BuiltInPlan> {
  const [storageMigrationApi, proof, uid, sample] = await Promise.all([
    migrator === "in-tree" ? plannedStorageMigrationVersion(cluster) : undefined,
    readBuiltInProof(cluster, builtIn.name),
    clusterIdentity(cluster),
    readForeignSample(cluster, builtIn),
  ]);
  return decideBuiltInPlan(builtIn, { storageMigrationApi, proof, cluster: uid ?? "", sample }, migrator);
}

/** The same from facts; pure. */
export function decideBuiltInPlan(
  builtIn: BuiltIn,
  facts: BuiltInFacts,
  migrator: ForeignOptions["migrator"],
): BuiltInPlan {
  const { name, hash } = builtIn;
  const { sample } = facts;
  const storage = storageOfBuiltIn(builtIn, hash);
  const rewriting = planRewrite(builtIn, facts, migrator);
  const { stale, moving } = planMovingStale(sample.objects, builtIn);
  return { builtIn, name, storage, plan: [...rewriting, ...moving], rewrites: rewriting.length > 0, sample, stale };
}

function planRewrite(builtIn: BuiltIn, facts: BuiltInFacts, migrator: ForeignOptions["migrator"]): string[] {
  const { proof, cluster, sample, storageMigrationApi } = facts;
  const { hash, inTree } = builtIn;
  if (isBuiltInProven(proof, { cluster, hash, listed: sample.listed })) return [];
  const isOfOtherVersion = proof?.cluster === cluster && proof.storageVersionHash !== hash;
  const from = isOfOtherVersion ? proof.storageVersion : "unproven";
  const how = describeMigrator(inTree ? migrator : "direct", storageMigrationApi);
  return [`${from} → ${storageOfBuiltIn(builtIn, hash)}: rewrite every object ${how}`];
}
