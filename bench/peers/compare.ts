import { metricSamplesOf } from "../../components/kubernetes/metrics";
import { rewriteAllObjects } from "../../components/migration/rewrite/rewriteAllObjects";
import type { Cluster as LocalCluster } from "../../local/cluster/cluster";
import { say } from "../../local/say";
import { quiet } from "../secrets";
import { inTurn, type Run } from "./figures";
import type { Case, Stage, Subject } from "./stage";

/** Each subject as often as there are runs, over the same objects, one after the other. */
export async function compare(of: Case, subjects: readonly Subject[], runs: number): Promise<Map<Subject, Run[]>> {
  const found = new Map<Subject, Run[]>(subjects.map((subject) => [subject, []]));
  for (let nth = 1; nth <= runs; nth++) {
    for (const subject of inTurn(subjects, nth)) {
      const stage = await staleStage(of);
      await subject.prepare?.(stage);
      const run = await measure(of, subject, stage);
      found.get(subject)?.push(run);
      say(`${of.name}, run ${nth}/${runs}: ${subject.name}: ${describe(run)}`);
      if (run.stored.left > 0) await rewriteAllObjects(stage.cluster, stage.resource, quiet());
    }
  }
  return found;
}

/** @throws Error unless every object waits to be migrated: else a subject would be given less to do */
export async function staleStage(of: Case): Promise<Stage> {
  const before = await of.countStored();
  if (before.left > 0)
    throw new Error(`${of.name}: ${before.left} objects are left from the run before; expected none`);
  const stage = await of.makeStale();
  const { objects, left } = await of.countStored();
  if (left < objects) {
    throw new Error(`${of.name}: ${left} of ${objects} objects wait to be migrated; expected all of them`);
  }
  return stage;
}

async function measure(of: Case, subject: Subject, stage: Stage): Promise<Run> {
  const processorBefore = await processorSeconds(of.local);
  const began = performance.now();
  const failed = await subject.run(stage).then(
    () => undefined,
    (error: Error) => error.message,
  );
  const seconds = (performance.now() - began) / 1000;
  const processor = (await processorSeconds(of.local)) - processorBefore;
  return { seconds, processor, stored: await of.countStored(), ...(failed !== undefined && { failed }) };
}

/** Of all API servers, since they started. */
export async function processorSeconds({ apiServers }: LocalCluster): Promise<number> {
  const each = apiServers.map(async ({ client }) => {
    const { body } = await client.send("GET", "/metrics");
    const [sample] = metricSamplesOf(String(body), "process_cpu_seconds_total");
    if (sample === undefined) throw new Error("an API server tells no process_cpu_seconds_total in its /metrics");
    return sample.value;
  });
  return (await Promise.all(each)).reduce((sum, value) => sum + value, 0);
}

function describe({ seconds, stored: { objects, left }, failed }: Run): string {
  const end = left === 0 ? "etcd has all of them migrated" : `${left} of ${objects} NOT migrated`;
  return `${seconds.toFixed(1)} s, ${end}${failed === undefined ? "" : `, FAILED: ${failed}`}`;
}
