import { canonicalDigest } from "../../crd/canonical";
import type { Cluster } from "../../kubernetes/cluster";
import { UserError } from "../../kubernetes/errors";
import { describeProblem } from "../../kubernetes/problem";
import type { PhaseLogic } from "../../provider/phaseLogic";
import { unknownPaths } from "../../provider/unknownValues";
import { checkRotation } from "../checks/checkRotation";
import { isFileMissing, whyFileLost } from "../checks/fileLost";
import { checkKeyAge } from "../checks/keyAge";
import { labelKeyName } from "../configuration/keyNames";
import type { DesiredKeys } from "../desiredKeys";
import { edit } from "../edit/edit";
import type { DistributeInputs, RotationOutputs } from "../inputs";
import { unfinishedWriteOfRecord, type RotationRecord } from "../proof/record";
import { readRecordConfigMap } from "../proof/recordConfigMap";
import { migrateFactsOf, previewRotationFacts, silentWorkForRotationFacts } from "../rotationFacts";
import { readReportsNow, type Reported } from "../servers/reports";
import { planEveryPhase } from "../plan";
import { withOpenTargets } from "../targets";
import { lostByRewrite } from "./lostByRewrite";
import { previewNotes } from "./previewNotes";
import type { LiveConfiguration } from "../liveConfiguration";
import { currentRotationOutputs } from "../currentOutputs";

/** distribute: the new key is in every server's file, readable, before any server writes with it. */
export const distribute: PhaseLogic<DistributeInputs, RotationOutputs, LiveConfiguration> = {
  // A plan speaks of keys by name; their bytes change nothing in it.
  indifferentTo: ["material", "archived"],

  async preview(inputs, cluster, live) {
    const { desired, maxKeyAgeDays } = inputs;
    const reported = await reportsWhereFileMissing(inputs, cluster, live);
    const lost = reported && whyFileLost(reported, await readRecordConfigMap(cluster, inputs.recordIn));
    if (lost !== undefined) return { plan: [], problems: [describeProblem(lost)] };
    const { errors, warnings } = checkRotation(
      live.configuration,
      desired,
      withoutUnknownBytes(inputs.material),
      withoutUnknownBytes(inputs.archived),
    );
    if (errors.length > 0) return { plan: [], problems: errors, warnings };
    const facts = { ...(await previewRotationFacts(inputs, cluster, live)), ...(reported && { reported }) };
    const plans = planEveryPhase(live, inputs, await migrateFactsOf(cluster, inputs.migrator, facts));
    const plan = [...planResuming(facts.record, live), ...plans[0]];
    const isIdle = [...plan, ...plans.flat()].length === 0;
    return {
      plan,
      warnings: [
        ...warnings,
        ...warnOfCutOff(live),
        ...checkKeyAge(keyAges(facts.record, desired), maxKeyAgeDays, new Date()),
      ],
      notes: isIdle
        ? []
        : [...(await previewNotes(inputs, cluster, live, facts)), ...(await rewriteNotes(plans, inputs, live))],
      inputs: { digest: canonicalDigest(plans) },
    };
  },

  async run(inputs, work) {
    const { live, isNew, evidence } = await edit("distribute", inputs, work, inputs.material, (found) => {
      const { errors } = checkRotation(found.configuration, inputs.desired, withoutUnknownBytes(inputs.material));
      if (errors.length > 0) throw new UserError(errors.join("\n"));
      return Promise.resolve();
    });
    const what = isNew ? "every key is readable on every API server" : "every key was readable already";
    return { ...currentRotationOutputs(live, inputs.desired), summary: [what, ...evidence].join("; ") };
  },
};

/** Undefined where the API servers do not answer, too: distribute asks again before it writes. */
async function reportsWhereFileMissing(
  { decommissionedServers }: DistributeInputs,
  cluster: Cluster,
  live: LiveConfiguration,
): Promise<Reported | undefined> {
  if (!isFileMissing(live)) return undefined;
  return readReportsNow(cluster, decommissionedServers, silentWorkForRotationFacts()).catch(() => undefined);
}

/** Where any phase is to write the file: what it loses by that. */
async function rewriteNotes(
  [distributed, promoted, , retired]: ReturnType<typeof planEveryPhase>,
  { targets }: DistributeInputs,
  { text }: LiveConfiguration,
): Promise<string[]> {
  if ([...distributed, ...promoted, ...retired].length === 0) return [];
  const places = await withOpenTargets(targets, (open) => Promise.resolve(open.map(({ name }) => name)));
  const lost = lostByRewrite(text, places);
  return lost.length === 0 ? [] : [lost.join("\n")];
}

/** Whatever the phase was that wrote it: this one runs first. */
function planResuming(record: RotationRecord, { sha256 }: LiveConfiguration): string[] {
  if (unfinishedWriteOfRecord(record, sha256) === undefined) return [];
  return [
    "a run was cut off after it wrote the file that the targets hold: every API server is seen to load it, or it is rolled back",
  ];
}

function warnOfCutOff({ cutOff }: LiveConfiguration): string[] {
  if (cutOff === undefined) return [];
  return [
    "some targets hold what an earlier run was writing when it was cut off: the next phase that runs gives all of them what was there before, then goes on",
  ];
}

/** What is known of it: in a preview, bytes of new keys are not made yet. */
function withoutUnknownBytes(byName: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const all = typeof byName === "object" ? Object.entries(byName) : [];
  return Object.fromEntries(all.filter(([, value]) => unknownPaths(value).length === 0));
}

/** Since when the desired write key is known to write, by its label: the oldest proof of objects under it. */
function keyAges({ proofs }: RotationRecord, { write }: DesiredKeys): Record<string, string> {
  const key = labelKeyName(write);
  const [first] = Object.values(proofs)
    .filter(({ writeKey }) => writeKey === key)
    .map(({ at }) => at)
    .sort();
  return first === undefined ? {} : { [key]: first };
}
