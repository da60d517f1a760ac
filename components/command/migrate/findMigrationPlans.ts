import type { Cluster } from "../../kubernetes/cluster";
import { UserError } from "../../kubernetes/errors";
import type { Work } from "../../kubernetes/report";
import {
  describeNoMigratable,
  findMigratables,
  nameOfMigratable,
  type Migratable,
} from "../../migration/entries/findMigratables";
import {
  planMigration,
  whyPlannedMigrationLacksRights,
  type MigrationPlan,
} from "../../migration/entries/plannedMigration";
import { inBatches } from "../../migration/foreign/inBatches";
import type { MigrationOptions } from "../../migration/resourceMigration";

/**
 * What there is to do for each CRD and built-in resource that these names and patterns mean, each once, sorted.
 *
 * @throws UserError for a name that nothing has and a pattern that matches nothing: nothing is begun on half of what was meant
 */
export async function findMigrationPlans(
  cluster: Cluster,
  entries: readonly string[],
  options: MigrationOptions,
  { report }: Work,
): Promise<MigrationPlan[]> {
  const all = new Map<string, Migratable>();
  for (const entry of entries) {
    const found = await findMigratables(cluster, entry);
    if (found.length === 0) throw new UserError(await describeNoMigratable(cluster, entry));
    for (const each of found) all.set(nameOfMigratable(each), each);
  }
  let done = 0;
  return inBatches([...all.keys()].sort(), async (name) => {
    const plan = await planOne(cluster, all.get(name) as Migratable, options);
    report(`looking: ${++done} / ${all.size} resources`);
    return plan;
  });
}

/** A right that is missing is known before anything is asked or written. */
async function planOne(cluster: Cluster, found: Migratable, options: MigrationOptions): Promise<MigrationPlan> {
  const plan = await planMigration(cluster, found, options);
  if (plan.plan.length === 0 || plan.refusal !== undefined) return plan;
  const refusal = await whyPlannedMigrationLacksRights(cluster, plan, options);
  return refusal === undefined ? plan : { ...plan, refusal };
}
