import type { Definition } from "../crd/definition";
import { annotate, requireDefinition } from "../crd/live";
import { REHEARSAL_ANNOTATION } from "../crd/names";
import { planRehearse, toRehearse } from "../crd/plan";
import { UserError } from "../kubernetes/errors";
import { describeFailures } from "../migration/failures";
import type { RehearsalRecord } from "../crd/proof";
import { rehearse as rehearseObjects, type RehearsalResult } from "../migration/rehearsal";
import type { RehearseInputs } from "./facets";
import type { PhaseLogic, PhaseWork } from "./logic";
import { standing } from "./standing";

/** rehearse: for every live object, would the rewrite be accepted and lose nothing? Writes no object. */
export const rehearse: PhaseLogic<RehearseInputs> = {
  plansWithout: ["schema"],

  look: (inputs, _cluster, live) => Promise.resolve({ plan: planRehearse(live, inputs) }),

  async run(inputs, work) {
    const { cluster } = work;
    const live = await requireDefinition(cluster, inputs.crd);
    if (planRehearse(live, inputs).length === 0) return { ...standing(live), summary: "nothing to rehearse" };
    const clean: RehearsalResult[] = [];
    for (const from of toRehearse(live, inputs.version, inputs.versions))
      clean.push(await rehearseFrom(from, live, inputs, work));
    const objects = Math.max(...clean.map((result) => result.objects));
    const seconds = Math.ceil(clean.reduce((sum, result) => sum + result.seconds, 0));
    const record: RehearsalRecord = {
      uid: live.metadata.uid ?? "",
      generation: live.metadata.generation ?? 0,
      version: inputs.version,
      schema: inputs.schema,
      objects,
    };
    const recorded = await annotate(cluster, live, { [REHEARSAL_ANNOTATION]: JSON.stringify(record) });
    return {
      ...standing(recorded),
      summary: `${objects} objects rehearsed for ${inputs.version} in ${seconds} s, all clean`,
    };
  },
};

async function rehearseFrom(
  from: string,
  live: Definition,
  { crd, version }: RehearseInputs,
  work: PhaseWork,
): Promise<RehearsalResult> {
  const result = await rehearseObjects(work.cluster, { definition: live, from, to: version }, work);
  const { failed, failedCount, objects, warnings, warningCount } = result;
  if (failedCount > 0) {
    const head = `${crd}: rehearsal ${from} → ${version}: ${failedCount} of ${objects} objects would fail; expected none; nothing was flipped or rewritten`;
    const next = "mend these objects (or the conversion) and run `pulumi up` again";
    throw new UserError(describeFailures(head, failed, failedCount, next));
  }
  for (const sentence of result.notChecked) work.warn(`not checked: ${sentence}`);
  if (warningCount > 0) work.warn(describeFailures(`${warningCount} objects to look at`, warnings, warningCount));
  return result;
}
