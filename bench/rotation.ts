import type { Cluster } from "../components/kubernetes/cluster";
import { describeCount } from "../components/kubernetes/count";
import { rewriteInTree } from "../components/migration/inTree/inTree";
import { proveResources } from "../components/encryptionKeyRotation/proof/prove";
import { ownResources } from "../components/encryptionKeyRotation/proof/ownResources";
import { selectRotatedResources } from "../components/encryptionKeyRotation/proof/rotatedResources";
import { startCluster } from "../local/cluster/cluster";
import { say } from "../local/say";
import { clusterOptions, REQUEST_TIMEOUT_SECONDS } from "./clusterOptions";
import { failedReads } from "./failedReads";
import { endWhenInterrupted } from "./interrupted";
import { row, type Row } from "./rows";
import { connect, createSecrets, fileOf, load, nextKey, quiet, sha256 } from "./secrets";

/** Rewrites every Secret under the first key of this file. */
type Subject = (cluster: Cluster, file: string, writeKey: string) => Promise<void>;

const SUBJECTS: Record<string, Subject> = {
  direct: (cluster, file, writeKey) => proveSecrets(cluster, file, writeKey, "direct"),
  // No proof: until the migration says Succeeded.
  "in-tree": async (cluster, file) => {
    const mark = { annotation: "bench.example.com/file", value: sha256(file) };
    const subject = { resource: { group: "", plural: "secrets", version: "v1" }, name: "secrets", mark };
    const { outcome, message } = await rewriteInTree(cluster, subject, quiet());
    if (outcome !== "succeeded") throw new Error(`in-tree migration ${outcome}: ${message}`);
  },
  guarded: (cluster, file, writeKey) => proveSecrets(cluster, file, writeKey, "in-tree"),
};

/** Failed reads while a key rotates, and the time that rewriting and proving takes. */
export async function rotation({ runs, objects }: { runs: number; objects: number }): Promise<Row[]> {
  const rows = await failedReads(runs);
  for (const servers of [1, 3]) rows.push(...(await proofTimes(servers, runs, objects)));
  return rows;
}

/** From a key that every server writes with to the proof that every object is under it. */
async function proofTimes(servers: number, runs: number, objects: number): Promise<Row[]> {
  let key = nextKey();
  const local = await startCluster({ ...clusterOptions(servers), encryption: { text: fileOf(key) } });
  endWhenInterrupted(local);
  try {
    say(`${describeCount(servers, "API server")}: creating ${objects} Secrets`);
    await createSecrets(local, objects);
    const cluster = await connect(local);
    const times = new Map<string, number[]>(Object.keys(SUBJECTS).map((subject) => [subject, []]));
    for (let run = 1; run <= runs; run++) {
      for (const [subject, rewrite] of Object.entries(SUBJECTS)) {
        const next = nextKey(key);
        const file = fileOf(next, key);
        await load(local, cluster, fileOf(key, next));
        await load(local, cluster, file);
        const started = Date.now();
        await rewrite(cluster, file, `secretbox:${next.name}`);
        const seconds = (Date.now() - started) / 1000;
        times.get(subject)?.push(seconds);
        say(`run ${run}/${runs}: ${subject} ${seconds.toFixed(1)} s`);
        key = next;
      }
    }
    cluster.close();
    const metric = `start to proof, ${objects} Secrets, ${describeCount(servers, "API server")}`;
    return [...times].map(([subject, found]) => row({ case: "rotation", subject, metric, unit: "s" }, found));
  } finally {
    await local.stop();
  }
}

/** What migrate of an EncryptionKeyRotation does, without its record. */
export async function proveSecrets(
  cluster: Cluster,
  file: string,
  writeKey: string,
  migrator: "direct" | "in-tree",
): Promise<void> {
  const secrets = selectRotatedResources(["secrets"], await ownResources(cluster));
  const resources = secrets.map((resource) => ({ ...resource, writeKey }));
  const rewriting = {
    sha256: sha256(file),
    resources,
    migrator,
    requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
    decommissioned: [],
  };
  await proveResources(cluster, rewriting, () => Promise.resolve(), quiet());
}
