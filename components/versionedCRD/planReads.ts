import type { Definition } from "../crd/definition";
import { readDefinition } from "../crd/readDefinition";
import type { Cluster } from "../kubernetes/cluster";
import { readPlanFacts } from "../migration/definition/planFacts";
import { sharedByPlans } from "../provider/sharedByPlans";
import type { MigrateInputs } from "./inputs";

/** The live definition, for the plans of all phases. */
export const planDefinition = sharedByPlans(
  (cluster: Cluster, crd: string) => readDefinition(cluster, crd),
  (crd) => crd,
);

type FactsInputs = Pick<MigrateInputs, "crd" | "group" | "plural" | "migrator">;

/** Whether the CRD's objects can be listed, and as of when, for the plans of serve and migrate. */
export const planFacts = sharedByPlans(
  (cluster: Cluster, { inputs, live }: { inputs: FactsInputs; live: Definition | undefined }) =>
    readPlanFacts(inputs, cluster, live),
  ({ inputs, live }) =>
    JSON.stringify([inputs.crd, inputs.migrator, live?.metadata.uid, live?.metadata.resourceVersion]),
);
