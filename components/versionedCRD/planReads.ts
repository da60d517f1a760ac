import { storageVersion, type Definition } from "../crd/definition";
import { readDefinition } from "../crd/readDefinition";
import type { Cluster } from "../kubernetes/cluster";
import { hasErrorStatus } from "../kubernetes/errors";
import { needsLookAtObjects, type SeenObjects, withOutlivedSeen } from "../migration/definition/outlivedObjects";
import { readListFact, readPlanFacts } from "../migration/definition/planFacts";
import { readResourceSample } from "../migration/resourceSample";
import { sharedByPlans } from "../provider/sharedByPlans";
import type { MigrateInputs } from "./inputs";

/** The live definition, and what its objects say against it, for the plans of all phases. */
export const planDefinition = sharedByPlans(
  async (cluster: Cluster, crd: string) => {
    const live = await readDefinition(cluster, crd);
    return live && withOutlivedSeen(live, await seenObjects(cluster, live));
  },
  (crd) => crd,
);

async function seenObjects(cluster: Cluster, live: Definition): Promise<SeenObjects> {
  const { group, names } = live.spec;
  const resource = { group, plural: names.plural };
  try {
    if (needsLookAtObjects(live))
      return await readResourceSample(cluster, { ...resource, version: storageVersion(live) });
    return live.spec.versions.length === 1 ? await planList(cluster, { resource, live }) : {};
  } catch (error) {
    if (hasErrorStatus(error, 403)) return {}; // the phase that needs the objects says so
    throw error;
  }
}

/** Can the objects be listed, and as of when? */
const planList = sharedByPlans(
  (cluster: Cluster, { resource, live }: { resource: { group: string; plural: string }; live: Definition }) =>
    readListFact(resource, cluster, live),
  ({ resource, live }) => JSON.stringify([resource, live.metadata.uid, live.metadata.resourceVersion]),
);

type FactsInputs = Pick<MigrateInputs, "crd" | "group" | "plural" | "migrator">;

/** Whether the CRD's objects can be listed, and as of when, for the plans of serve and migrate. */
export const planFacts = sharedByPlans(
  (cluster: Cluster, { inputs, live }: { inputs: FactsInputs; live: Definition | undefined }) =>
    readPlanFacts(inputs, cluster, live, ({ group, plural }, _cluster, listed) =>
      planList(cluster, { resource: { group, plural }, live: listed }),
    ),
  ({ inputs, live }) =>
    JSON.stringify([inputs.crd, inputs.migrator, live?.metadata.uid, live?.metadata.resourceVersion]),
);
