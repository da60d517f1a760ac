import { REHEARSAL_ANNOTATION } from "../../crd/names";
import { annotateLiveDefinition, requireLiveDefinition } from "../../migration/definition/liveDefinition";
import { recordIfOutlived } from "../../migration/definition/outlivedObjects";
import { planDefinitionVersionsToRehearse } from "../../migration/definition/plan";
import type { RehearsalRecord } from "../../migration/definition/recordedOnDefinition";
import { rehearseStoredWarnings, rehearseStored } from "../../migration/definition/rehearseStored";
import { withAcknowledgedSize } from "../crdAcknowledgements";
import { currentOutputs } from "../currentOutputs";
import { expectedBeforeStore } from "../expectedOutputs";
import type { RehearseInputs, RolloutPhase } from "../inputs";
import { planRehearse } from "../plan";

/** rehearse: for every live object, would the rewrite be accepted and lose nothing? Writes no object. */
export const rehearse: RolloutPhase<RehearseInputs> = {
  recorded: [],
  plansWithout: ["schema"],

  preview: (inputs, _cluster, live) =>
    Promise.resolve({ plan: planRehearse(live, inputs), expected: expectedBeforeStore(live, inputs.version) }),

  async run(inputs, work) {
    const { cluster } = work;
    const live = await recordIfOutlived(await requireLiveDefinition(cluster, inputs.crd), work);
    // Serve has applied the manifest's versions. Where it was left out (`--exclude`), those that are live count.
    const request = { ...inputs, versions: {} };
    if (planRehearse(live, request).length === 0) return { ...currentOutputs(live), summary: "nothing to rehearse" };
    const stored = planDefinitionVersionsToRehearse(live, inputs.version);
    const clean = await rehearseStored(stored, live, withAcknowledgedSize(inputs), work);
    for (const warning of rehearseStoredWarnings(clean)) work.warn(warning);
    const objects = Math.max(...clean.map((result) => result.objects));
    const seconds = Math.ceil(clean.reduce((sum, result) => sum + result.seconds, 0));
    const record: RehearsalRecord = {
      uid: live.metadata.uid ?? "",
      generation: live.metadata.generation ?? 0,
      version: inputs.version,
      schema: inputs.schema,
      objects,
      ...(clean[0] !== undefined && { listed: clean[0].listed }), // the earliest: one version is listed after the other
      stored,
      endedAt: Date.now(),
    };
    const recorded = await annotateLiveDefinition(cluster, live, { [REHEARSAL_ANNOTATION]: JSON.stringify(record) });
    return {
      ...currentOutputs(recorded),
      summary: `${objects} objects rehearsed for ${inputs.version} in ${seconds} s, all clean`,
    };
  },
};
