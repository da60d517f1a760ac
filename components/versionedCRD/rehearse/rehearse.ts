import { isWebhook, servedByName, storageVersion, type Definition } from "../../crd/definition";
import { REHEARSAL_ANNOTATION } from "../../crd/names";
import { UserError } from "../../kubernetes/errors";
import { describeProblem } from "../../kubernetes/problem";
import { conversionGuard } from "../../migration/rehearsal/conversionGuard";
import { rehearse as rehearseObjects, type RehearsalResult } from "../../migration/rehearsal/rehearsal";
import { withFailures } from "../../migration/rewrite/failures";
import type { Guard } from "../../migration/rewrite/guard";
import type { PhaseWork } from "../../provider/phaseLogic";
import { acknowledgedReason } from "../acknowledge";
import { currentOutputs } from "../currentOutputs";
import { expectedBeforeStore } from "../expectedOutputs";
import type { MigrateInputs, RehearseInputs, StoreInputs, RolloutPhase } from "../inputs";
import { annotate, requireDefinition } from "../live";
import { planRehearse, versionsToRehearse } from "../plan";
import { recordedRehearsal, type RehearsalRecord } from "../../migration/definition/proof";

/** rehearse: for every live object, would the rewrite be accepted and lose nothing? Writes no object. */
export const rehearse: RolloutPhase<RehearseInputs> = {
  plansWithout: ["schema"],

  preview: (inputs, _cluster, live) =>
    Promise.resolve({ plan: planRehearse(live, inputs), expected: expectedBeforeStore(live, inputs.version) }),

  async run(inputs, work) {
    const { cluster } = work;
    const live = await requireDefinition(cluster, inputs.crd);
    if (planRehearse(live, inputs).length === 0) return { ...currentOutputs(live), summary: "nothing to rehearse" };
    const clean = await rehearseAll(versionsToRehearse(live, inputs.version, inputs.versions), live, inputs, work);
    for (const { notChecked, warnings, warningCount } of clean) {
      for (const sentence of notChecked) work.warn(`not checked: ${sentence}`);
      if (warningCount > 0)
        work.warn(
          describeProblem(withFailures({ what: `${warningCount} objects to look at` }, warnings, warningCount)),
        );
    }
    const objects = Math.max(...clean.map((result) => result.objects));
    const seconds = Math.ceil(clean.reduce((sum, result) => sum + result.seconds, 0));
    const record: RehearsalRecord = {
      uid: live.metadata.uid ?? "",
      generation: live.metadata.generation ?? 0,
      version: inputs.version,
      schema: inputs.schema,
      objects,
      endedAt: Date.now(),
    };
    const recorded = await annotate(cluster, live, { [REHEARSAL_ANNOTATION]: JSON.stringify(record) });
    return {
      ...currentOutputs(recorded),
      summary: `${objects} objects rehearsed for ${inputs.version} in ${seconds} s, all clean`,
    };
  },
};

/** The next phase begins within moments, unless resources of `before` come in between. */
const FRESH_MS = 10_000;

/**
 * Once more for what is about to be stored anew: since the rehearsal objects were written, and operators, with them the
 * webhook, may have rolled (`before`, or weeks at stopAfter: "store"); no generation tells of either. Without a webhook the
 * schemas alone decide, and they are part of the record.
 */
export async function rehearseAgain(
  { crd, version, acknowledge = [] }: StoreInputs | MigrateInputs,
  live: Definition,
  work: PhaseWork,
): Promise<void> {
  const { endedAt = 0, flipped } = recordedRehearsal(live) ?? {};
  const isFresh = flipped === undefined && Math.abs(Date.now() - endedAt) < FRESH_MS;
  if (isFresh || !isWebhook(live.spec.conversion)) return;
  await rehearseAll(versionsStillStored(live, version), live, { crd, version, acknowledge }, work, flipped?.at);
}

/** From where it was rehearsed the first time: what else was ever stored may not be readable as a version still older. */
function versionsStillStored(live: Definition, version: string): string[] {
  const { flipped } = recordedRehearsal(live) ?? {};
  const isSame = flipped !== undefined && servedByName(live)[flipped.from] === true;
  return isSame ? [flipped.from] : versionsToRehearse(live, version);
}

/** What each rewrite must leave of an object; undefined where no served version could show objects as they are stored. */
export function guardOf(
  { version }: Pick<StoreInputs, "version">,
  live: Definition,
  work: PhaseWork,
): Guard | undefined {
  const [from] = versionsStillStored(live, version);
  if (from === undefined) return undefined;
  const upTo = recordedRehearsal(live)?.flipped?.at;
  return conversionGuard(work.cluster, { definition: live, from, to: version, upTo }, work);
}

async function rehearseAll(
  versions: string[],
  live: Definition,
  { crd, version, acknowledge }: Pick<RehearseInputs, "crd" | "version" | "acknowledge">,
  work: PhaseWork,
  upTo?: string,
): Promise<RehearsalResult[]> {
  const clean: RehearsalResult[] = [];
  const mayBeLarge = acknowledgedReason(acknowledge, "object-size", version) !== undefined;
  for (const from of versions) {
    const result = await rehearseObjects(work.cluster, { definition: live, from, to: version, upTo, mayBeLarge }, work);
    const { failed, failedCount, objects } = result;
    if (failedCount > 0) {
      const flipped =
        storageVersion(live) === version
          ? "storage has flipped, and at most the object that agreement is tried with was rewritten, without a loss"
          : "nothing was flipped or rewritten";
      const problem = {
        what: `${crd}: rehearsal ${from} → ${version}: ${failedCount} of ${objects} objects would fail; ${flipped}`,
        expected: "none",
        next: "fix these objects (or the conversion) and run `pulumi up` again",
      };
      throw new UserError(withFailures(problem, failed, failedCount));
    }
    clean.push(result);
  }
  return clean;
}
