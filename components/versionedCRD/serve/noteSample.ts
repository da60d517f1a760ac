import { schemaOfDefinition, storageVersion, type Definition } from "../../crd/definition";
import type { Cluster } from "../../kubernetes/cluster";
import { describeRehearsalSample, readRehearsalSample } from "../../migration/rehearsal/sample";
import type { ServeInputs } from "../inputs";
import { servedStage } from "../stages";
import { isWebhookConversion } from "../../crd/conversion";

/** What the first live objects say about the version that storage is to move to, before anything is written. */
export async function noteSample(
  { manifest, storage, owner, group, plural }: ServeInputs,
  cluster: Cluster,
  live: Definition,
): Promise<string[]> {
  const from = { group, plural, version: storageVersion(live) };
  const sample = await readRehearsalSample(cluster, from);
  if (sample === undefined) return [];
  const next = {
    resource: { group, plural, version: storage },
    schema: schemaOfDefinition(manifest, storage),
    isSame: !isWebhookConversion(servedStage(manifest, live, owner).spec.conversion),
  };
  return describeRehearsalSample(sample, from, next);
}
