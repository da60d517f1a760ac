import type { Definition } from "../../crd/definition";
import type { Cluster } from "../../kubernetes/cluster";
import { UserError } from "../../kubernetes/errors";
import type { Work } from "../../kubernetes/report";
import { crdNamesOfPattern, isCrdNamePattern } from "../../migration/foreign/crdNames";
import { inBatches } from "../../migration/foreign/inBatches";
import { planForeign, type ForeignOptions, type ForeignPlan } from "../../migration/foreign/plan";
import { whyRightsMissing } from "../../migration/foreign/missingRights";
import { requireCrd } from "../inputs/requireCrd";

/**
 * What there is to do for each CRD that these names and patterns mean, each once, sorted.
 *
 * @throws UserError for a name that no CRD has and a pattern that matches none: nothing is begun on half of what was meant
 */
export async function findPlans(
  cluster: Cluster,
  entries: readonly string[],
  options: ForeignOptions,
  { report }: Work,
): Promise<ForeignPlan[]> {
  const names = new Set<string>();
  for (const entry of entries) for (const name of await namesOf(cluster, entry)) names.add(name);
  let done = 0;
  return inBatches([...names].sort(), async (name) => {
    const plan = await planOne(cluster, await requireCrd(cluster, name), options);
    report(`looking: ${++done} / ${names.size} CRDs`);
    return plan;
  });
}

async function namesOf(cluster: Cluster, entry: string): Promise<string[]> {
  if (!isCrdNamePattern(entry)) return [entry];
  const found = await crdNamesOfPattern(cluster, entry);
  if (found.length > 0) return found;
  throw new UserError({
    what: `${entry} matches no CRD`,
    expected: "at least one CRD of that very group",
    next: "`kubectl get crd` lists the names",
  });
}

/** A right that is missing is known before anything is asked or written. */
async function planOne(cluster: Cluster, live: Definition, options: ForeignOptions): Promise<ForeignPlan> {
  const plan = await planForeign(cluster, live, options);
  if (plan.plan.length === 0 || plan.refusal !== undefined) return plan;
  const refusal = await whyRightsMissing(cluster, live, options.migrator);
  return refusal === undefined ? plan : { ...plan, refusal };
}
