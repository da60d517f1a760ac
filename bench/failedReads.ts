import { setTimeout as sleep } from "timers/promises";
import { distribute } from "../components/encryptionKeyRotation/distribute/distribute";
import { NO_HOLD } from "../components/kubernetes/lockHold";
import { migrateKeys } from "../components/encryptionKeyRotation/migrate/migrate";
import { promote } from "../components/encryptionKeyRotation/promote/promote";
import { readDesiredKeys } from "../components/encryptionKeyRotation/readDesiredKeys";
import { retire } from "../components/encryptionKeyRotation/retire/retire";
import type { Cluster } from "../components/kubernetes/cluster";
import { rewriteAllObjects } from "../components/migration/rewrite/rewriteAllObjects";
import { checkout } from "../local/checkout";
import type { LocalApiServer } from "../local/cluster/apiServer";
import { startCluster, type Cluster as LocalCluster } from "../local/cluster/cluster";
import { say } from "../local/say";
import { endWhenInterrupted } from "./interrupted";
import { row, type Row } from "./rows";
import {
  connect,
  createSecrets,
  fileOf,
  type Key,
  load,
  NAMESPACE,
  nextKey,
  quiet,
  secretName,
  targetsOf,
} from "./secrets";

const OBJECTS = 60;
const SERVERS = 3;
const REQUEST_TIMEOUT_SECONDS = 3;
const COMPACTION_SECONDS = 2;
/** A real API server looks at its file once a minute, each in its own time; here every 3 s, for the same effect in less of it. */
const POLL_MS = 3_000;
const WRITES_EVERY_MS = 100;

type Rotate = (local: LocalCluster, cluster: Cluster, from: Key, to: Key) => Promise<void>;

const SUBJECTS: Record<string, Rotate> = { ours, tutorial };

/** Three API servers, a reader and a writer at each without a pause: how many reads fail while a key is rotated. */
export async function failedReads(runs: number): Promise<Row[]> {
  let key = nextKey();
  const local = await startCluster({
    dir: checkout(".local", "bench"),
    servers: SERVERS,
    network: "namespace",
    requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
    encryption: { text: fileOf(key), pollMs: POLL_MS },
  });
  endWhenInterrupted(local);
  try {
    await apart(local.apiServers);
    await createSecrets(local, OBJECTS);
    const cluster = await connect(local);
    const failed = new Map<string, number[]>(Object.keys(SUBJECTS).map((subject) => [subject, []]));
    for (let run = 1; run <= runs; run++) {
      for (const [subject, rotate] of Object.entries(SUBJECTS)) {
        const next = nextKey(key);
        const traffic = new Traffic(local.apiServers);
        await rotate(local, cluster, key, next);
        const { reads, failures, example } = await traffic.end();
        key = next;
        failed.get(subject)?.push(failures);
        say(
          `run ${run}/${runs}: ${subject}: ${failures} of ${reads} reads failed${example && `, for example: ${example}`}`,
        );
      }
    }
    cluster.close();
    const metric = `reads that fail while a key rotates on ${SERVERS} API servers`;
    return [...failed].map(([subject, found]) => row({ case: "failed-reads", subject, metric, unit: "reads" }, found));
  } finally {
    await local.stop();
  }
}

/** Started together they would look at their files together, as servers of a real cluster do not. */
async function apart(servers: readonly LocalApiServer[]): Promise<void> {
  for (const [nth, server] of servers.entries()) {
    await server.end();
    const moment = (nth * POLL_MS) / servers.length;
    await sleep((moment + POLL_MS - (Date.now() % POLL_MS)) % POLL_MS);
    await server.start();
  }
}

/** The four phases as `pulumi up` runs them. */
async function ours(local: LocalCluster, cluster: Cluster, _from: Key, to: Key): Promise<void> {
  const shared = {
    rotation: "bench",
    cluster: { kubeconfig: local.kubeconfig },
    desired: readDesiredKeys({ resources: ["secrets"], keys: { write: to.name } }),
    targets: targetsOf(local),
    recordIn: "kube-system",
    requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
    decommissionedServers: [],
  };
  const work = { ...quiet(), cluster, lock: NO_HOLD, saveOutputs: () => undefined };
  await distribute.run({ ...shared, material: { [to.name]: to.secret }, migrator: "direct" }, work);
  await promote.run(shared, work);
  await migrateKeys.run({ ...shared, migrator: "direct" }, work);
  await retire.run({ ...shared, compactionIntervalSeconds: COMPACTION_SECONDS }, work);
}

/** The Kubernetes tutorial's order: the new key first, at once, then every object anew. */
async function tutorial(local: LocalCluster, cluster: Cluster, from: Key, to: Key): Promise<void> {
  await load(local, cluster, fileOf(to, from));
  const { failedCount } = await rewriteAllObjects(cluster, { group: "", plural: "secrets", version: "v1" }, quiet());
  if (failedCount > 0) throw new Error(`${failedCount} objects could not be rewritten; expected none`);
}

interface Seen {
  reads: number;
  failures: number;
  /** What one of those that failed was answered. */
  example: string;
}

/** Clients of each API server by itself: what is written through one is read through all. */
class Traffic {
  private going = true;
  private readonly seen: Seen = { reads: 0, failures: 0, example: "" };
  private readonly loops: Promise<void>[];

  constructor(servers: readonly LocalApiServer[]) {
    this.loops = servers.flatMap((server) => [this.read(server), this.write(server)]);
  }

  async end(): Promise<Seen> {
    this.going = false;
    await Promise.all(this.loops);
    return this.seen;
  }

  private async read({ client }: LocalApiServer): Promise<void> {
    for (let count = 0; this.going; count++) {
      const { status, body } = await client.send("GET", `${NAMESPACE}/${secretName(count % OBJECTS)}`);
      this.seen.reads++;
      if (status === 200) continue;
      this.seen.failures++;
      this.seen.example ||= `${status} ${(body as { message?: string }).message ?? ""}`.slice(0, 160);
    }
  }

  private async write({ client }: LocalApiServer): Promise<void> {
    for (let count = 0; this.going; count++) {
      const data = { note: Buffer.from(String(count)).toString("base64") };
      const path = `${NAMESPACE}/${secretName((count * 7) % OBJECTS)}`;
      await client.send("PATCH", path, { data }, "application/merge-patch+json");
      await sleep(WRITES_EVERY_MS);
    }
  }
}
