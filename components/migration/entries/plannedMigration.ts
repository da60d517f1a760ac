import { storageVersion } from "../../crd/definition";
import type { Cluster } from "../../kubernetes/cluster";
import { hasErrorStatus } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";
import { storageOfBuiltIn } from "../builtIn/builtIn";
import { migrateBuiltIn } from "../builtIn/migrateBuiltIn";
import { type BuiltInPlan, planBuiltIn } from "../builtIn/plan";
import { rehearseBuiltIn } from "../builtIn/rehearse";
import { migrateForeign } from "../foreign/migrateForeign";
import { whyRightsMissingForForeign, whyRightsMissingForBuiltIn } from "../whyRightsMissing";
import { planForeign, type ForeignPlan } from "../foreign/plan";
import { rehearseForeign } from "../foreign/rehearseForeign";
import { type Migratable, nameOfMigratable } from "./findMigratables";
import type { MigrationResult, MigrationWork, MigrationOptions } from "../resourceMigration";

/** What there is to do for one CRD or one built-in resource. */
export type MigrationPlan = ForeignPlan | BuiltInPlan;

/** One that may not be looked at is refused by itself: the others of a pattern go on. */
export async function planMigration(
  cluster: Cluster,
  found: Migratable,
  options: MigrationOptions,
): Promise<MigrationPlan> {
  try {
    return await ("builtIn" in found
      ? planBuiltIn(cluster, found.builtIn, options)
      : planForeign(cluster, found.definition, options));
  } catch (error) {
    if (!hasErrorStatus(error, 403)) throw error;
    return refusePlan(found, error.problem);
  }
}

function refusePlan(found: Migratable, problem: Problem): MigrationPlan {
  const name = nameOfMigratable(found);
  const refusal = { ...problem, what: `${name}: ${problem.what}` };
  const nothing = { name, plan: [], rewrites: false, refusal, sample: { objects: [] }, stale: [] };
  if ("definition" in found) return { ...nothing, live: found.definition, version: storageVersion(found.definition) };
  return { ...nothing, builtIn: found.builtIn, storage: storageOfBuiltIn(found.builtIn, found.builtIn.hash) };
}

/** There is something to do, and nothing against it. */
export function isMigrationReady({ plan, refusal }: MigrationPlan): boolean {
  return plan.length > 0 && refusal === undefined;
}

export function whyPlannedMigrationLacksRights(
  cluster: Cluster,
  plan: MigrationPlan,
  { migrator }: MigrationOptions,
): Promise<Problem | undefined> {
  return "builtIn" in plan
    ? whyRightsMissingForBuiltIn(cluster, plan.builtIn, migrator)
    : whyRightsMissingForForeign(cluster, plan.live, migrator);
}

/** @returns how many objects were rehearsed; undefined where there was nothing to rehearse */
export function rehearsePlannedMigration(plan: MigrationPlan, work: MigrationWork): Promise<number | undefined> {
  return "builtIn" in plan ? rehearseBuiltIn(plan.builtIn, work) : rehearseForeign(plan, work);
}

/** @param holder who we are, for whoever meets the lock */
export function runPlannedMigration(
  plan: MigrationPlan,
  options: MigrationOptions,
  holder: string,
  work: MigrationWork,
): Promise<MigrationResult> {
  const migrate = "builtIn" in plan ? migrateBuiltIn : migrateForeign;
  return migrate(plan.name, options, holder, work);
}

/** `v1alpha1, v1`: status.storedVersions of a CRD, the storage version of a built-in resource. */
export function storedOfPlannedMigration(plan: MigrationPlan): string {
  return "builtIn" in plan ? plan.storage : (plan.live.status?.storedVersions ?? []).join(", ");
}
