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
    const { errors, warnings } = checkRotation(live.configuration, wanted, materialFor(inputs, live));
    if (errors.length > 0) return { plan: [], problems: errors, warnings };
    const facts = await rotationFacts(inputs, cluster, live);
    const plans = rotationPlans(live, inputs, await migrateFacts(cluster, inputs.migrator, facts));
    const isIdle = plans.flat().length === 0;
    return {
      plan: plans[0],
      warnings: [...warnings, ...checkKeyAge(ages(facts.record), maxKeyAgeDays, new Date())],
      notes: isIdle ? [] : await notesOf(inputs, cluster, live, facts),
      inputs: { digest: digest(plans) },
    };
  },

  async run(inputs, work) {
    const { live, isNew, evidence } = await edit("distribute", inputs, work, inputs.material, (found) => {
      const { errors } = checkRotation(found.configuration, inputs.wanted, materialFor(inputs, found));
      if (errors.length > 0) throw new UserError(errors.join("\n"));
      return Promise.resolve();
    });
    const what = isNew ? "every key is readable on every API server" : "every key was readable already";
    return { ...standingOf(live, inputs.wanted), summary: [what, ...evidence].join("; ") };
  },
};

/**
 * The bytes to hold against what the targets have. Keys that were in a file before this component came get a random
 * one of the same name here, which is never used: where such a key is only read, the file's own bytes are the key.
 */
function materialFor(
  { material, generated, wanted }: DistributeInputs,
  live: LiveConfiguration,
): Readonly<Record<string, string>> {
  const providers = live.configuration.entries.flatMap(({ providers }) => providers);
  const there = providers.flatMap((provider) => ("keys" in provider ? provider.keys.map(({ name }) => name) : []));
  const isAdopted = (name: string): boolean =>
    name !== wanted.write.name && generated.includes(name) && there.includes(name);
  const known = unknownPaths(material).includes("") ? [] : Object.entries(material);
  return Object.fromEntries(known.filter(([name, value]) => unknownPaths(value).length === 0 && !isAdopted(name)));
}
