import { storageVersion, type Definition } from "../crd/definition";
import type { Facts } from "../crd/plan";
import { MetadataOnly, resourcePath, type KubernetesList } from "../kubernetes/api";
import type { Cluster } from "../kubernetes/cluster";
import { plannedStorageMigrationVersion } from "../kubernetes/discovery";
import { hasStatus } from "../kubernetes/errors";
import type { PhaseInputs } from "./facets";

/** The few facts a plan needs besides the definition: two short GETs. */
export async function planFacts(
  inputs: PhaseInputs & { migrator: "in-tree" | "direct" },
  cluster: Cluster,
  live: Definition | undefined,
): Promise<Facts> {
  if (live === undefined) return {};
  const [version, listed] = await Promise.all([
    inputs.migrator === "in-tree" ? plannedStorageMigrationVersion(cluster) : undefined,
    listedNow(inputs, cluster, live),
  ]);
  return { storageMigrationApi: version, listed };
}

/** resourceVersion of the cluster as of now; undefined while the resource cannot be listed. */
export async function listedNow(
  { group, plural }: { group: string; plural: string },
  cluster: Cluster,
  live: Definition,
): Promise<string | undefined> {
  try {
    const list = await cluster.call<KubernetesList>({
      method: "GET",
      path: resourcePath({ group, version: storageVersion(live), plural }),
      query: { limit: 1 },
      accept: MetadataOnly.list,
    });
    return list.metadata.resourceVersion;
  } catch (error) {
    // 404: not served yet. 429 and 500: unreadable just now; the phase that needs the objects says so.
    if (hasStatus(error, 404, 429, 500, 503)) return undefined;
    throw error;
  }
}
