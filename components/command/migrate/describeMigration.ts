import { describeProblem, type Problem } from "../../kubernetes/problem";
import type { ForeignPlan } from "../../migration/foreign/plan";
import { progressCount } from "../../migration/rewrite/progress";

/** What became of one CRD, as a row of the summary. */
export interface Outcome {
  readonly crd: string;
  readonly stored: string;
  readonly objects?: number;
  readonly rewritten?: number;
  readonly result: string;
  /** Why it is not as it should be. */
  readonly problem?: Problem;
}

/** Each CRD with what will happen to it, in the order of their names. */
export function describeMigrationPlans(plans: readonly ForeignPlan[], where: string): string {
  return [`${where}`, "", ...plans.flatMap(describePlan), ""].join("\n");
}

function describePlan({ live, crd, version, plan, refusal, sample }: ForeignPlan): string[] {
  const stored = (live.status?.storedVersions ?? []).join(", ");
  const objects = sample.count === undefined ? "objects not listed" : `about ${progressCount(sample.count)} objects`;
  const head = `${crd}: storage ${version}, storedVersions [${stored}], ${objects}`;
  if (plan.length === 0) return [head, "    nothing to do"];
  if (refusal !== undefined) return [head, "    cannot be migrated: see below"];
  return [head, ...plan.map((sentence) => `    ${sentence}`)];
}

/** One row a CRD, aligned. */
export function describeMigrationOutcomes(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ crd, stored, objects, rewritten, result }) => [
    crd,
    stored,
    objects === undefined ? "" : progressCount(objects),
    rewritten === undefined ? "" : progressCount(rewritten),
    result,
  ]);
  return aligned([["CRD", "STORED VERSIONS", "OBJECTS", "REWRITTEN", "RESULT"], ...rows]);
}

function aligned(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: string[]): string => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return `${rows.map((row) => line(row).trimEnd()).join("\n")}\n`;
}

/** The engine's errors are written for Pulumi's users; here the next step is this command. */
export function describeMigrationProblem(problem: Problem): string {
  return describeProblem(problem).replace(/`pulumi (up|preview)`( without --target)? again/g, "this command again");
}
