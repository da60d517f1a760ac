import type { ForeignPlan } from "./plan";
import { rehearseStored, rehearseStoredWarnings } from "../definition/rehearseStored";
import { planDefinitionVersionsToRehearse } from "../definition/plan";
import type { MigrationWork } from "../resourceMigration";

/**
 * Every object by dry run, from each version in which one may be stored and that is still served. Writes nothing.
 *
 * @returns how many were rehearsed; undefined where no other version is served
 * @throws UserError naming those that would fail
 */
export async function rehearseForeign(
  { live, name: crd, version }: ForeignPlan,
  work: MigrationWork,
): Promise<number | undefined> {
  const clean = await rehearseStored(planDefinitionVersionsToRehearse(live, version), live, { crd, version }, work);
  for (const warning of rehearseStoredWarnings(clean)) work.warn(`${crd}: ${warning}`);
  return clean.length === 0 ? undefined : Math.max(...clean.map(({ objects }) => objects));
}
