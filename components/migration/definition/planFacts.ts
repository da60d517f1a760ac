import { storageVersion, type Definition } from "../../crd/definition";
import { MetadataOnly, resourcePath, type KubernetesList } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { plannedStorageMigrationVersion } from "../../kubernetes/discovery";
import { hasErrorStatus } from "../../kubernetes/errors";
import { NOBODY } from "../../kubernetes/resourceNames";
import { withRetries } from "../../kubernetes/retry";
import { sleep } from "../../kubernetes/sleep";
import type { PlanFacts } from "./plan";

/** The few facts a plan needs besides the definition: two short GETs. */
export async function readPlanFacts(
  inputs: { group: string; plural: string; migrator: "in-tree" | "direct" },
  cluster: Cluster,
  live: Definition | undefined,
  list: typeof readListFact = readListFact,
): Promise<PlanFacts & { unreadable?: string }> {
  if (live === undefined) return {};
  const [version, listed] = await Promise.all([
    inputs.migrator === "in-tree" ? plannedStorageMigrationVersion(cluster) : undefined,
    list(inputs, cluster, live),
  ]);
  return { storageMigrationApi: version, ...listed };
}

/** resourceVersion of the cluster as of now; undefined while the resource cannot be listed. */
export async function readResourceVersionFact(
  resource: { group: string; plural: string },
  cluster: Cluster,
  live: Definition,
): Promise<string | undefined> {
  return (await readListFact(resource, cluster, live)).listed;
}

/**
 * A list of one name that nobody has: answered from the API server's cache, which holds every object or, where one cannot be
 * decoded, is never filled. Tried on 1.37: it then says which and why; a paged list reads etcd and sees its own page alone.
 */
export async function readListFact(
  { group, plural }: { group: string; plural: string },
  cluster: Cluster,
  live: Definition,
): Promise<{ listed?: string; unreadable?: string }> {
  const namespace = live.spec.scope === "Namespaced" ? { namespace: NOBODY } : {};
  const deadline = performance.now() + INITIALIZING_MS;
  const request = {
    method: "GET",
    path: resourcePath({ group, version: storageVersion(live), plural }, namespace),
    query: { fieldSelector: `metadata.name=${NOBODY}` },
    accept: MetadataOnly.list,
  } as const;
  for (;;) {
    try {
      // Not for long: what cannot be read for good is what a plan wants to know soon.
      const list = await withRetries({ seconds: PLAN_SECONDS }, () => cluster.call<KubernetesList>(request));
      return list.metadata.resourceVersion === undefined ? {} : { listed: list.metadata.resourceVersion };
    } catch (error) {
      if (hasErrorStatus(error, 504)) return { unreadable: `LIST was not answered in time (${error.serverMessage})` };
      // 404: not served yet. Other 429, 500 and 503: unreadable just now; the phase that needs the objects says so.
      if (!hasErrorStatus(error, 404, 429, 500, 503)) throw error;
      const [initializing, reason] = /storage is \(re\)initializing(?:: (.+))?/s.exec(error.serverMessage) ?? [];
      if (reason !== undefined) return { unreadable: reason };
      // The moment after an edit of the CRD or a start of the server: it says why only once its first try has failed.
      if (initializing === undefined || performance.now() > deadline) return {};
      await sleep(INITIALIZING_STEP_MS);
    }
  }
}

/** Tried on 1.37: a tenth of a second on an idle machine. Filling it through a webhook takes longer; then the rehearsal finds out. */
const INITIALIZING_MS = 5_000;
const PLAN_SECONDS = 5;
const INITIALIZING_STEP_MS = 100;
