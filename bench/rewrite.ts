import { requireLiveDefinition } from "../components/migration/definition/liveDefinition";
import type { Cluster } from "../components/kubernetes/cluster";
import { waitForRequestsInFlight } from "../components/migration/servers/inFlight";
import { rewriteInTree } from "../components/migration/inTree/inTree";
import { storageVersionMigrationSubject } from "../components/migration/inTree/storageVersionMigration";
import { rewriteAllObjects } from "../components/migration/rewrite/rewriteAllObjects";
import { startCluster, type Cluster as LocalCluster } from "../local/cluster/cluster";
import { say } from "../local/say";
import { clusterOptions, REQUEST_TIMEOUT_SECONDS } from "./clusterOptions";
import { endWhenInterrupted } from "./interrupted";
import { passInItsOwnProcess } from "./ownProcess";
import { row, type Row } from "./rows";
import { connect, createWidgets, CRD, deleteWidgets, flip, GROUP, PLURAL, type VersionName } from "./widgets";

const MEMORY_OBJECTS = [1_000, 50_000];

type Subject = (cluster: Cluster, version: VersionName) => Promise<void>;

const quiet = { report: () => undefined, signal: new AbortController().signal };

const SUBJECTS: Record<string, Subject> = {
  direct: async (cluster, version) =>
    complete(await rewriteAllObjects(cluster, { group: GROUP, plural: PLURAL, version }, quiet)),
  "in-tree": async (cluster) => {
    const subject = storageVersionMigrationSubject(await requireLiveDefinition(cluster, CRD));
    // Both versions have one schema, so that nothing is lost on the way through the other one, back to v1.
    const crd = { name: CRD, served: [subject.resource.version] };
    const { outcome, message } = await rewriteInTree(cluster, { ...subject, crd }, quiet);
    if (outcome !== "succeeded") throw new Error(`in-tree migration ${outcome}: ${message}`);
  },
  guarded: async (cluster, version) => {
    await SUBJECTS["in-tree"]?.(cluster, version);
    await SUBJECTS["direct"]?.(cluster, version);
  },
};

/** The same objects on the same cluster, rewritten in turn by each subject: objects/s from start to end. */
export async function rewrite({ runs, objects }: { runs: number; objects: number }): Promise<Row[]> {
  const local = await startCluster(clusterOptions(1));
  endWhenInterrupted(local);
  try {
    const rates = await rateRows(local, runs, objects);
    const waited = await waitForRequestsInFlight(REQUEST_TIMEOUT_SECONDS, quiet);
    const wait = row({ case: "rewrite", subject: "every", metric: "wait for requests in flight", unit: "s" }, [waited]);
    return [...rates, wait, ...(await memoryRows(local))];
  } finally {
    await local.stop();
  }
}

async function rateRows(local: LocalCluster, runs: number, objects: number): Promise<Row[]> {
  say(`creating ${objects} objects`);
  await createWidgets(local, objects);
  const cluster = await connect(local);
  const rates = new Map<string, number[]>(Object.keys(SUBJECTS).map((subject) => [subject, []]));
  let version: VersionName = "v1";
  for (let run = 1; run <= runs; run++) {
    for (const [subject, migrate] of Object.entries(SUBJECTS)) {
      version = version === "v1" ? "v2" : "v1";
      await flip(local, version);
      const started = Date.now();
      await migrate(cluster, version);
      const seconds = (Date.now() - started) / 1000;
      rates.get(subject)?.push(objects / seconds);
      say(`run ${run}/${runs}: ${subject} ${seconds.toFixed(1)} s`);
    }
  }
  cluster.close();
  await deleteWidgets(local);
  return [...rates].map(([subject, found]) =>
    row({ case: "rewrite", subject, metric: `rate of ${objects} objects`, unit: "objects/s" }, found),
  );
}

/** Peak memory of a process that does nothing but one direct pass. */
async function memoryRows(local: LocalCluster): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of MEMORY_OBJECTS) {
    say(`memory: creating and rewriting ${count} objects`);
    await createWidgets(local, count);
    await flip(local, "v2");
    const { peakMemory } = await passInItsOwnProcess(local, { version: "v2" });
    rows.push(
      row({ case: "rewrite", subject: "direct", metric: `peak memory at ${count} objects`, unit: "MiB" }, [peakMemory]),
    );
    await deleteWidgets(local);
  }
  return rows;
}

function complete({ failedCount, visited }: { failedCount: number; visited: number }): void {
  if (failedCount > 0) throw new Error(`${failedCount} of ${visited} objects failed; expected none`);
}
