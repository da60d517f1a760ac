import { digest } from "../../crd/canonical";
import { UserError } from "../../kubernetes/errors";
import type { PhaseLogic } from "../../provider/logic";
import { unknownPaths } from "../../provider/unknown";
import { checkKeyAge, checkRotation } from "../checks";
import { edit } from "../edit/edit";
import { migrateFacts, rotationFacts, rotationPlans } from "../facts";
import type { DistributeInputs, RotationOutputs } from "../inputs";
import { unfinished, type RotationRecord } from "../proof/record";
import { standingOf, type LiveConfiguration } from "../subject";
import { ages } from "./ages";
import { notesOf } from "./notes";

/** distribute: the new key is in every server's file, readable, before any server writes with it. */
export const distribute: PhaseLogic<DistributeInputs, RotationOutputs, LiveConfiguration> = {
  // A plan speaks of keys by name; their bytes change nothing in it.
  indifferentTo: ["material", "archived"],

  async look(inputs, cluster, live) {
    const { wanted, maxKeyAgeDays } = inputs;
    const { errors, warnings } = checkRotation(
      live.configuration,
      wanted,
      known(inputs.material),
      known(inputs.archived),
    );
    if (errors.length > 0) return { plan: [], problems: errors, warnings };
    const facts = await rotationFacts(inputs, cluster, live);
    const plans = rotationPlans(live, inputs, await migrateFacts(cluster, inputs.migrator, facts));
    const plan = [...resuming(facts.record, live), ...plans[0]];
    const isIdle = [...plan, ...plans.flat()].length === 0;
    return {
      plan,
      warnings: [...warnings, ...cutOffOf(live), ...checkKeyAge(ages(facts.record, wanted), maxKeyAgeDays, new Date())],
      notes: isIdle ? [] : await notesOf(inputs, cluster, live, facts),
      inputs: { digest: digest(plans) },
    };
  },

  async run(inputs, work) {
    const { live, isNew, evidence } = await edit("distribute", inputs, work, inputs.material, (found) => {
      const { errors } = checkRotation(found.configuration, inputs.wanted, known(inputs.material));
      if (errors.length > 0) throw new UserError(errors.join("\n"));
      return Promise.resolve();
    });
    const what = isNew ? "every key is readable on every API server" : "every key was readable already";
    return { ...standingOf(live, inputs.wanted), summary: [what, ...evidence].join("; ") };
  },
};

/** Whatever the phase was that wrote it: this one runs first. */
function resuming(record: RotationRecord, { sha256 }: LiveConfiguration): string[] {
  if (unfinished(record, sha256) === undefined) return [];
  return [
    "a run was cut off after it wrote the file that the targets hold: every API server is seen to load it, or it is taken back",
  ];
}

function cutOffOf({ cutOff }: LiveConfiguration): string[] {
  if (cutOff === undefined) return [];
  return [
    "some targets hold what an earlier run was writing when it was cut off: the next phase that runs gives all of them what was there before, then goes on",
  ];
}

/** What is known of it: in a preview, bytes of new keys are not made yet. */
function known(byName: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const all = typeof byName === "object" ? Object.entries(byName) : [];
  return Object.fromEntries(all.filter(([, value]) => unknownPaths(value).length === 0));
}
