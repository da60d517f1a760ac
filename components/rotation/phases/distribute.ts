import { checkKeyAge, checkRotation } from "../../encryption/checks";
import { digest } from "../../crd/canonical";
import { UserError } from "../../kubernetes/errors";
import type { PhaseLogic } from "../../phases/logic";
import { unknownPaths } from "../../phases/unknown";
import { edit } from "./edit";
import type { DistributeInputs, RotationOutputs } from "./facets";
import { migrateFacts, rotationFacts, rotationPlans } from "./facts";
import { notesOf } from "./notes";
import { ages } from "./ages";
import { standingOf, type LiveConfiguration } from "./subject";

/** distribute: the new key is in every server's file, readable, before any server writes with it. */
export const distribute: PhaseLogic<DistributeInputs, RotationOutputs, LiveConfiguration> = {
  // A plan speaks of keys by name; their bytes change nothing in it.
  indifferentTo: ["material"],

  async look(inputs, cluster, live) {
    const { wanted, maxKeyAgeDays } = inputs;
    const { errors, warnings } = checkRotation(live.configuration, wanted, knownMaterial(inputs));
    if (errors.length > 0) return { plan: [], problems: errors, warnings };
    const facts = await rotationFacts(inputs, cluster, live);
    const plans = rotationPlans(live, inputs, await migrateFacts(cluster, inputs.migrator, facts));
    const isIdle = plans.flat().length === 0;
    return {
      plan: plans[0],
      warnings: [...warnings, ...cutOffOf(live), ...checkKeyAge(ages(facts.record, wanted), maxKeyAgeDays, new Date())],
      notes: isIdle ? [] : await notesOf(inputs, cluster, live, facts),
      inputs: { digest: digest(plans) },
    };
  },

  async run(inputs, work) {
    const { live, isNew, evidence } = await edit("distribute", inputs, work, inputs.material, (found) => {
      const { errors } = checkRotation(found.configuration, inputs.wanted, knownMaterial(inputs));
      if (errors.length > 0) throw new UserError(errors.join("\n"));
      return Promise.resolve();
    });
    const what = isNew ? "every key is readable on every API server" : "every key was readable already";
    return { ...standingOf(live, inputs.wanted), summary: [what, ...evidence].join("; ") };
  },
};

function cutOffOf({ cutOff }: LiveConfiguration): string[] {
  if (cutOff === undefined) return [];
  return [
    "some targets hold what an earlier run was writing when it was cut off: the next phase that runs gives all of them what was there before, then goes on",
  ];
}

/** The bytes that are known: in a preview, those of new keys are not made yet. */
function knownMaterial({ material }: DistributeInputs): Readonly<Record<string, string>> {
  const all = typeof material === "object" ? Object.entries(material) : [];
  return Object.fromEntries(all.filter(([, value]) => unknownPaths(value).length === 0));
}
