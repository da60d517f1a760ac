import { isWebhookConversion } from "../components/crd/conversion";
import { Cluster, type ClusterWork } from "../components/kubernetes/cluster";
import { requireLiveDefinition } from "../components/migration/definition/liveDefinition";
import { conversionGuard } from "../components/migration/rehearsal/conversionGuard";
import type { Guard } from "../components/migration/rewrite/guard";
import { rewriteAllObjects } from "../components/migration/rewrite/rewriteAllObjects";
import { say } from "../local/say";
import { peakMemory } from "./peakMemory";
import { CRD, GROUP, PLURAL } from "./widgets";

export interface PassOptions {
  /** The storage version. */
  version: string;
  /** As a rollout with `direct` rewrites what a webhook converts. */
  isGuarded?: boolean;
}

/** What one pass did, and what it cost. */
export interface Pass {
  visited: number;
  rewritten: number;
  /** From its first list to the last object; the start of the process is not in it. */
  seconds: number;
  /** MiB, of the whole process */
  peakMemory: number;
}

const SAY_EVERY_MS = 30_000;

/** One direct pass in a process of its own; sends its parent a Pass. */
async function main([kubeconfig = "", options = ""]: string[]): Promise<void> {
  const { version, isGuarded = false } = JSON.parse(options) as PassOptions;
  const cluster = await Cluster.connect({ kubeconfig });
  const work = { cluster, report: seldom(say), signal: new AbortController().signal };
  const guard = isGuarded ? await guardOf(version, work) : undefined;
  const resource = { group: GROUP, plural: PLURAL, version };
  const { visited, rewritten, seconds, failedCount } = await rewriteAllObjects(cluster, resource, work, { guard });
  if (failedCount > 0) throw new Error(`${failedCount} objects failed; expected none`);
  cluster.close();
  process.send?.({ visited, rewritten, seconds, peakMemory: peakMemory() } satisfies Pass);
}

async function guardOf(to: string, work: ClusterWork): Promise<Guard> {
  const definition = await requireLiveDefinition(work.cluster, CRD);
  if (!isWebhookConversion(definition.spec.conversion)) throw new Error("nothing to guard: no webhook converts");
  const rehearsal = { definition, from: to === "v2" ? "v1" : "v2", to };
  return conversionGuard(work.cluster, rehearsal, work);
}

function seldom(report: (line: string) => void): (line: string) => void {
  let next = Date.now() + SAY_EVERY_MS;
  return (line) => {
    if (Date.now() < next) return;
    next = Date.now() + SAY_EVERY_MS;
    report(line);
  };
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
