import { Cluster } from "../components/kubernetes/cluster";
import { rewriteAllObjects } from "../components/migration/rewrite/rewriteAllObjects";
import { GROUP, PLURAL } from "./widgets";

/** One direct pass in a process of its own; prints its peak memory in MiB. */
async function main(): Promise<void> {
  const cluster = await Cluster.connect({ kubeconfig: process.argv[2] ?? "" });
  const work = { report: () => undefined, signal: new AbortController().signal };
  const { failedCount } = await rewriteAllObjects(cluster, { group: GROUP, plural: PLURAL, version: "v2" }, work);
  if (failedCount > 0) throw new Error(`${failedCount} objects failed; expected none`);
  cluster.close();
  process.stdout.write(String(process.resourceUsage().maxRSS / 1024));
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
