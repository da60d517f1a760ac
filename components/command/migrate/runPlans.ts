import { hostname } from "node:os";
import type { Cluster } from "../../kubernetes/cluster";
import { messageOfError, UserError } from "../../kubernetes/errors";
import { withRetries } from "../../kubernetes/retry";
import { inBatches } from "../../migration/foreign/inBatches";
import {
  runPlannedMigration,
  rehearsePlannedMigration,
  storedOfPlannedMigration,
  type MigrationPlan,
} from "../../migration/entries/plannedMigration";
import type { Terminal } from "../subcommand";
import type { Outcome } from "./describeMigration";
import type { Lines } from "./lines";
import type { MigrationWork, MigrationOptions } from "../../migration/resourceMigration";

/** Migrates each; one that fails is named, the others go on. */
export function migratePlans(
  cluster: Cluster,
  plans: readonly MigrationPlan[],
  options: MigrationOptions,
  lines: Lines,
  terminal: Terminal,
): Promise<Outcome[]> {
  const holder = `kubernetes-storage-migration migrate, process ${process.pid} on ${hostname()}`;
  return eachPlan(plans, lines, terminal, async (plan, work) => {
    const { name } = plan;
    const { stored, proven, rewritten, summary } = await runPlannedMigration(plan, options, holder, {
      ...work,
      cluster,
    });
    lines.say(name, summary);
    return {
      name,
      stored,
      ...(proven !== undefined && { objects: proven }),
      ...(rewritten !== undefined && { rewritten }),
      result: proven === undefined ? summary : "proven",
    };
  });
}

/** Asks by dry run about every object. Takes no lock: that would be a write. */
export function rehearsePlans(
  cluster: Cluster,
  plans: readonly MigrationPlan[],
  _options: MigrationOptions,
  lines: Lines,
  terminal: Terminal,
): Promise<Outcome[]> {
  return eachPlan(plans, lines, terminal, async (plan, work) => {
    const objects = await rehearsePlannedMigration(plan, { ...work, cluster });
    const result = objects === undefined ? "nothing to rehearse: no other version is served" : "all would be accepted";
    return {
      name: plan.name,
      stored: storedOfPlannedMigration(plan),
      ...(objects !== undefined && { objects }),
      result,
    };
  });
}

function eachPlan(
  plans: readonly MigrationPlan[],
  lines: Lines,
  terminal: Terminal,
  one: (plan: MigrationPlan, work: Omit<MigrationWork, "cluster">) => Promise<Outcome>,
): Promise<Outcome[]> {
  return inBatches(plans, async (plan) => {
    const { name } = plan;
    const report = (message: string): void => lines.report(name, message);
    const warn = (message: string): void => lines.say(name, message);
    const { interrupted: signal } = terminal;
    try {
      signal.throwIfAborted();
      return await withRetries({ report, signal }, () => one(plan, { report, warn, signal }));
    } catch (error) {
      const problem = error instanceof UserError ? error.problem : { what: `${name}: ${messageOfError(error)}` };
      return { name, stored: storedOfPlannedMigration(plan), result: "not migrated", problem: about(name, problem) };
    }
  });
}

/** An error of the engine names the resource or an API server; among several it must name which one it is about. */
function about(name: string, problem: UserError["problem"]): UserError["problem"] {
  return problem.what.includes(name) ? problem : { ...problem, what: `${name}: ${problem.what}` };
}
