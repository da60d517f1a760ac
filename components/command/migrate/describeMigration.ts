import { alignColumns } from "../../kubernetes/columns";
import { describeProblem, type Problem } from "../../kubernetes/problem";
import { storedOfPlannedMigration, type MigrationPlan } from "../../migration/entries/plannedMigration";
import { describeCount, formatCount } from "../../kubernetes/count";

/** What became of one CRD or built-in resource, as a row of the summary. */
export interface Outcome {
  readonly name: string;
  readonly stored: string;
  readonly objects?: number;
  readonly rewritten?: number;
  readonly result: string;
  /** Why it is not as it should be. */
  readonly problem?: Problem;
}

/** Each with what will happen to it, in the order of their names. */
export function describeMigrationPlans(plans: readonly MigrationPlan[], where: string): string {
  return [`${where}`, "", ...plans.flatMap(describePlan), ""].join("\n");
}

function describePlan(planned: MigrationPlan): string[] {
  const { name, plan, refusal, sample } = planned;
  const objects = sample.count === undefined ? "objects not listed" : `about ${describeCount(sample.count, "object")}`;
  const stored = storedOfPlannedMigration(planned);
  const versions =
    "builtIn" in planned ? `built in, storage ${stored}` : `storage ${planned.version}, storedVersions [${stored}]`;
  const head = `${name}: ${versions}, ${objects}`;
  if (refusal !== undefined) return [head, "    cannot be migrated: see below"];
  if (plan.length === 0) return [head, "    nothing to do"];
  return [head, ...plan.map((sentence) => `    ${sentence}`)];
}

/** One row each, aligned. */
export function describeMigrationOutcomes(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, stored, objects, rewritten, result }) => [
    name,
    stored,
    objects === undefined ? "" : formatCount(objects),
    rewritten === undefined ? "" : formatCount(rewritten),
    result,
  ]);
  return `${alignColumns([["RESOURCE", "STORED VERSIONS", "OBJECTS", "REWRITTEN", "RESULT"], ...rows])}\n`;
}

/** The engine's errors are written for Pulumi's users; here the next step is this command. */
export function describeMigrationProblem(problem: Problem): string {
  return describeProblem(problem).replace(/`pulumi (up|preview)`( without --target)? again/g, "this command again");
}
