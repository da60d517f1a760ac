import { storageVersion } from "../crd/definition";
import { annotate, requireDefinition } from "../crd/live";
import { REHEARSAL_ANNOTATION } from "../crd/names";
import { planRehearse } from "../crd/plan";
import { UserError } from "../kubernetes/errors";
import { describeFailures } from "../migration/failures";
import type { RehearsalRecord } from "../migration/proof";
import { rehearse as rehearseObjects } from "../migration/rehearsal";
import type { RehearseInputs } from "./facets";
import type { PhaseLogic } from "./logic";
import { standing } from "./standing";

/** rehearse: for every live object, would the rewrite be accepted and lose nothing? Writes no object. */
export const rehearse: PhaseLogic<RehearseInputs> = {
  look: (inputs, _cluster, live) => Promise.resolve({ plan: planRehearse(live, inputs) }),

  async run(inputs, work) {
    const { cluster } = work;
    const live = await requireDefinition(cluster, inputs.crd);
    if (planRehearse(live, inputs).length === 0) return { ...standing(live), summary: "nothing to rehearse" };
    const from = storageVersion(live);
    const result = await rehearseObjects(cluster, { definition: live, from, to: inputs.version }, work);
    const path = `${from} → ${inputs.version}`;
    if (result.failedCount > 0) {
      const head = `${inputs.crd}: rehearsal ${path}: ${result.failedCount} of ${result.objects} objects would fail; expected none; nothing was flipped`;
      throw new UserError(
        describeFailures(
          head,
          result.failed,
          result.failedCount,
          "mend these objects (or the conversion) and run `pulumi up` again",
        ),
      );
    }
    for (const sentence of result.notChecked) work.warn(`not checked: ${sentence}`);
    if (result.warningCount > 0)
      work.warn(describeFailures(`${result.warningCount} objects to look at`, result.warnings, result.warningCount));
    const record: RehearsalRecord = {
      uid: live.metadata.uid ?? "",
      generation: live.metadata.generation ?? 0,
      version: inputs.version,
      schema: inputs.schema,
      objects: result.objects,
    };
    const recorded = await annotate(cluster, live, { [REHEARSAL_ANNOTATION]: JSON.stringify(record) });
    return {
      ...standing(recorded),
      summary: `${path}: ${result.objects} objects rehearsed in ${Math.ceil(result.seconds)} s, all clean`,
    };
  },
};
