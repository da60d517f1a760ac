import type { Cluster } from "../../kubernetes/cluster";
import type { Problem } from "../../kubernetes/problem";
import { migrateBuiltIn } from "../builtIn/migrateBuiltIn";
import { type BuiltInPlan, planBuiltIn } from "../builtIn/plan";
import { rehearseBuiltIn } from "../builtIn/rehearse";
import { migrateForeign } from "../foreign/migrateForeign";
import { whyRightsMissing, whyRightsMissingForBuiltIn } from "../foreign/missingRights";
import type { MigrationResult } from "../foreign/moveStale";
import { planForeign, type ForeignOptions, type ForeignPlan } from "../foreign/plan";
import { rehearseForeign, type ForeignWork } from "../foreign/rehearseForeign";
import type { Migratable } from "./findMigratables";

/** What there is to do for one CRD or one built-in resource. */
export type MigrationPlan = ForeignPlan | BuiltInPlan;

export function planMigration(cluster: Cluster, found: Migratable, options: ForeignOptions): Promise<MigrationPlan> {
  return "builtIn" in found
    ? planBuiltIn(cluster, found.builtIn, options)
    : planForeign(cluster, found.definition, options);
}

/** There is something to do, and nothing against it. */
export function isMigrationReady({ plan, refusal }: MigrationPlan): boolean {
  return plan.length > 0 && refusal === undefined;
}

export function whyPlannedMigrationLacksRights(
  cluster: Cluster,
  plan: MigrationPlan,
  { migrator }: ForeignOptions,
): Promise<Problem | undefined> {
  return "builtIn" in plan
    ? whyRightsMissingForBuiltIn(cluster, plan.builtIn, migrator)
    : whyRightsMissing(cluster, plan.live, migrator);
}

/** @returns how many objects were rehearsed; undefined where there was nothing to rehearse */
export function rehearsePlannedMigration(plan: MigrationPlan, work: ForeignWork): Promise<number | undefined> {
  return "builtIn" in plan ? rehearseBuiltIn(plan.builtIn, work) : rehearseForeign(plan, work);
}

/** @param holder who we are, for whoever meets the lock */
export function runPlannedMigration(
  plan: MigrationPlan,
  options: ForeignOptions,
  holder: string,
  work: ForeignWork,
): Promise<MigrationResult> {
  const migrate = "builtIn" in plan ? migrateBuiltIn : migrateForeign;
  return migrate(plan.name, options, holder, work);
}

/** `v1alpha1, v1`: status.storedVersions of a CRD, the storage version of a built-in resource. */
export function storedOfPlannedMigration(plan: MigrationPlan): string {
  return "builtIn" in plan ? plan.storage : (plan.live.status?.storedVersions ?? []).join(", ");
}
