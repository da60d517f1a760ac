import type { Cluster } from "../kubernetes/cluster";
import { plannedStorageMigrationVersion } from "../kubernetes/discovery";
import { messageOfError, UserError } from "../kubernetes/errors";
import { clusterIdentity } from "../kubernetes/identity";
import type { Work } from "../kubernetes/report";
import { describeMigratorOfPlan } from "../migration/definition/plan";
import { notInTreeThrough } from "../migration/inTree/throughPreferred";
import { labelKeyName } from "./configuration/keyNames";
import { isReachedByResourcePatterns } from "./configuration/resourcePatterns";
import type { RotationInputs } from "./inputs";
import { type MigrateFacts } from "./plan";
import { resourcesOfEveryServer, type ServedResources } from "./proof/everyServer";
import { ownResourcesNoneHidden } from "./proof/hiddenResources";
import { ownResources } from "./proof/ownResources";
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
/** The same, asked what it serves: beside that survey. */
const PREVIEW_SECONDS = 15;
/** Longer than it takes until a server is known by its Lease to be away, and its host is named. */
const RUN_MS = 90_000;

const UNASKED = {
  what: `not every API server said within ${RUN_MS / 1_000} s which resources it serves`,
  expected: "an answer of each: under a wildcard, what only one of them serves is rewritten, too",
  next: "see that each of them answers (kubectl get --raw /readyz), then run `pulumi up` again",
} as const;

/** What the cluster knows of the resources that a rotation reaches. */
export interface RotationFacts {
  resources: (RotatedResource & ObjectCount)[];
  record: RotationRecord;
  /** By resource, where there is a valid one for the live file and the desired write key. */
  proofs: Record<string, RotationProof>;
  /** By resource, why there is none. */
  unproven: Record<string, string>;
  /** What could not be asked, as a sentence for a note. */
  unasked?: string;
  /** Asked for where a plan needs it: with KMS. */
  reported?: Reported;
}

/** In a preview, where nothing is written: an API server that cannot be asked is told of, and holds nothing up. */
export async function previewRotationFacts(
  inputs: RotationInputs,
  cluster: Cluster,
  live: LiveConfiguration,
): Promise<RotationFacts> {
  let unasked: string | undefined;
  const facts = await readRotationFacts(inputs, cluster, live, async () => {
    const work = { report: () => undefined, signal: AbortSignal.timeout(PREVIEW_SECONDS * 1_000) };
    try {
      return await resourcesOfEveryServer(cluster, inputs.decommissionedServers, work);
    } catch (error) {
      unasked = `whether every API server serves the same resources: ${work.signal.aborted ? `no answer within ${PREVIEW_SECONDS} s` : messageOfError(error)}`;
      return { ...(await ownResources(cluster)), uneven: [] };
    }
  });
  return { ...facts, ...(unasked !== undefined && { unasked }) };
}

/** A few bounded GETs for each resource; under a wildcard every API server is asked what it serves. */
export async function readRotationFacts(
  inputs: RotationInputs,
  cluster: Cluster,
  live: LiveConfiguration,
  servers = () => resourcesForRun(cluster, inputs.decommissionedServers),
): Promise<RotationFacts> {
  const { desired, recordIn, decommissionedServers } = inputs;
  const isReached = (name: string): boolean => isReachedByResourcePatterns(live.configuration, desired.resources, name);
  const isKms = desired.write.kind === "kms";
  const [own, record, uid, reported] = await Promise.all([
    ownResourcesNoneHidden(desired.resources, { cluster, servers, signal: AbortSignal.timeout(4 * RUN_MS) }, isReached),
    readRecordConfigMap(cluster, recordIn),
    clusterIdentity(cluster),
    isKms ? readReportsNow(cluster, decommissionedServers, silentWorkForRotationFacts()) : undefined,
  ]);
  const ours = selectRotatedResources(desired.resources, own).filter(({ name }) => isReached(name));
  const resources = await Promise.all(
    ours.map(async (each) => {
      const { resource } = await throughStorageVersion(cluster, each);
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

/** The gate of whoever writes: one that cannot be asked is waited for, then named. */
async function resourcesForRun(cluster: Cluster, decommissioned: readonly string[]): Promise<ServedResources> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new UserError(UNASKED)), RUN_MS);
  try {
    return await resourcesOfEveryServer(cluster, decommissioned, { report: () => undefined, signal: late.signal });
  } finally {
    clearTimeout(timer);
  }
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
  const otherwise = resources.flatMap((each) => {
    const how = describeOwnPass(version, each);
    return how === undefined ? [] : [[each.name, how] as const];
  });
  return { ...names, how: describeMigratorOfPlan("in-tree", version), otherwise: Object.fromEntries(otherwise) };
}

/** Why our own pass alone will rewrite it, beside a StorageVersionMigration for others; undefined where it will not be alone. Pure. */
export function describeOwnPass(
  storageMigrationApi: string,
  { inTree, crd, version }: Pick<RotatedResource, "inTree" | "crd" | "version">,
): string | undefined {
  if (!inTree) return "directly (kube-controller-manager does not follow its objects)";
  const through = crd && notInTreeThrough(storageMigrationApi, version, crd.served);
  return through === undefined ? undefined : describeMigratorOfPlan("in-tree", storageMigrationApi, through);
}
