import { readDefinition } from "../../crd/readDefinition";
import { Cluster } from "../../kubernetes/cluster";
import type { Terminal } from "../subcommand";
import type { Found } from "../../crd/sources/collectDefinitions";
import type { Input } from "./input";
import { describeCount } from "../../kubernetes/count";

/** `live:` or `live:CONTEXT`: the CRDs of these names, as far as the cluster has them. */
export async function readLiveInput(given: string, names: readonly string[], terminal: Terminal): Promise<Input> {
  const context = given.slice("live:".length);
  const cluster = await Cluster.connect(context === "" ? {} : { context });
  const where = `${cluster.server} (context ${cluster.context})`;
  const found: Found[] = [];
  try {
    for (const name of names) {
      const definition = await readDefinition(cluster, name);
      if (definition !== undefined) found.push({ definition, source: { name: where, lineOf: () => 1 } });
    }
  } finally {
    cluster.close();
  }
  terminal.complain(`${given} is ${where}: ${found.length} of ${describeCount(names.length, "CRD")} there`);
  return { given, found, isLive: true };
}
