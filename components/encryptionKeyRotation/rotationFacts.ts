import type { Cluster } from "../kubernetes/cluster";
import { plannedStorageMigrationVersion } from "../kubernetes/discovery";
import { clusterIdentity } from "../kubernetes/identity";
import type { Work } from "../kubernetes/report";
import { describeMigratorOfPlan } from "../migration/definition/plan";
import { notInTreeThrough } from "../migration/inTree/throughPreferred";
import { labelKeyName } from "./configuration/keyNames";
import { isReachedByResourcePatterns } from "./configuration/resourcePatterns";
import type { RotationInputs } from "./inputs";
import { type MigrateFacts } from "./plan";
import { ownResourcesNoneHidden } from "./proof/hiddenResources";
import { readRecordConfigMap } from "./proof/recordConfigMap";
import { validRecordedProof, type RotationProof, type RotationRecord } from "./proof/record";
import { selectRotatedResources, type RotatedResource } from "./proof/rotatedResources";
import { throughStorageVersion } from "./proof/throughStorageVersion";
import { agreedKmsKeyId } from "./servers/kms";
import { readReportsNow, type Reported } from "./servers/reports";
import { fullReportHash } from "../kubernetes/encryptionReport";
import { type ObjectCount, countObjects } from "../kubernetes/countObjects";
import type { LiveConfiguration } from "./liveConfiguration";

/** A survey in preview: whoever does not answer within this is said to be unreachable. */
const SURVEY_SECONDS = 30;

/** What the cluster knows of the resources that a rotation reaches. */
export interface RotationFacts {
  resources: (RotatedResource & ObjectCount)[];
  record: RotationRecord;
  /** By resource, where there is a valid one for the live file and the desired write key. */
  proofs: Record<string, RotationProof>;
  /** By resource, why there is none. */
  unproven: Record<string, string>;
  /** Asked for where a plan needs it: with KMS. */
  reported?: Reported;
}

/** A few bounded GETs for each resource. */
export async function readRotationFacts(
  inputs: RotationInputs,
  cluster: Cluster,
  live: LiveConfiguration,
): Promise<RotationFacts> {
  const { desired, recordIn, decommissionedServers } = inputs;
  const isReached = (name: string): boolean => isReachedByResourcePatterns(live.configuration, desired.resources, name);
  const isKms = desired.write.kind === "kms";
  const [own, record, uid, reported] = await Promise.all([
    ownResourcesNoneHidden(desired.resources, cluster, isReached, silentWorkForRotationFacts().signal),
    readRecordConfigMap(cluster, recordIn),
    clusterIdentity(cluster),
    isKms ? readReportsNow(cluster, decommissionedServers, silentWorkForRotationFacts()) : undefined,
  ]);
  const ours = selectRotatedResources(desired.resources, own).filter(({ name }) => isReached(name));
  const resources = await Promise.all(
    ours.map(async (each) => {
      const resource = await throughStorageVersion(cluster, each);
      return { ...resource, ...(await countObjects(cluster, resource)) };
    }),
  );
  const facts: RotationFacts = { resources, record, proofs: {}, unproven: {}, ...(reported && { reported }) };
  const agreed = reported && agreedKmsKeyId(reported, desired.write.name);
  for (const { name, listResourceVersion } of resources) {
    if (agreed !== undefined && "why" in agreed) {
      facts.unproven[name] = agreed.why;
      continue;
    }
    const proof = validRecordedProof(record, name, {
      cluster: uid ?? inputs.clusterId ?? "",
      sha256: fullReportHash(live.sha256),
      writeKey: labelKeyName(desired.write),
      keyId: agreed?.keyId,
      listResourceVersion,
    });
    if ("why" in proof) facts.unproven[name] = proof.why;
    else facts.proofs[name] = proof;
  }
  return facts;
}

export function silentWorkForRotationFacts(): Work {
  return { report: () => undefined, signal: AbortSignal.timeout(SURVEY_SECONDS * 1_000) };
}

/** What planRotationMigrate needs besides the file. */
export async function migrateFactsOf(
  cluster: Cluster,
  migrator: "in-tree" | "direct",
  { resources, proofs }: RotationFacts,
): Promise<MigrateFacts> {
  const version = migrator === "in-tree" ? await plannedStorageMigrationVersion(cluster) : undefined;
  const names = { resources: resources.map(({ name }) => name), proven: Object.keys(proofs) };
  if (version === undefined) return { ...names, how: "directly" };
  const otherwise = resources.flatMap(({ name, crd, version: storage }) => {
    const through = crd && notInTreeThrough(version, storage, crd.served);
    return through === undefined ? [] : [[name, describeMigratorOfPlan("in-tree", version, through)] as const];
  });
  return { ...names, how: describeMigratorOfPlan("in-tree", version), otherwise: Object.fromEntries(otherwise) };
}
