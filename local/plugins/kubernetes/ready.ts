import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../cluster/client";
import { objectOf, objectPath, type JsonObject, type Manifest } from "./resources";

const PATIENCE_MS = 120_000;
const STEP_MS = 200;

/** A Deployment is done when its rollout is. https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/await/deployment.go */
export async function whenReady(client: Client, inputs: Manifest, live: JsonObject): Promise<JsonObject> {
  if (inputs.kind !== "Deployment") return live;
  const path = await objectPath(client, inputs);
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = objectOf(await client.send("GET", path));
    if (isRolledOut(found)) return found;
    if (Date.now() > deadline) throw new Error(`${path}: not rolled out after ${PATIENCE_MS / 1000} s`);
    await sleep(STEP_MS);
  }
}

function isRolledOut({ metadata, spec, status }: JsonObject): boolean {
  const { generation } = metadata as { generation: number };
  const { replicas = 1 } = spec as { replicas?: number };
  const seen = (status ?? {}) as Record<string, number | undefined>;
  const counts = [seen["replicas"], seen["updatedReplicas"], seen["readyReplicas"], seen["availableReplicas"]];
  return (seen["observedGeneration"] ?? 0) >= generation && counts.every((count) => count === replicas);
}
