import { hostname } from "node:os";
import type { Cluster } from "../../kubernetes/cluster";
import { messageOfError, UserError } from "../../kubernetes/errors";
import { withRetries } from "../../kubernetes/retry";
import { inBatches } from "../../migration/foreign/inBatches";
import { migrateForeign } from "../../migration/foreign/migrateForeign";
import type { ForeignOptions, ForeignPlan } from "../../migration/foreign/plan";
import type { Terminal } from "../subcommand";
import type { Outcome } from "./describeMigration";
import type { Lines } from "./lines";
import { rehearseForeign, type ForeignWork } from "../../migration/foreign/rehearseForeign";

/** Migrates each; one that fails is named, the others go on. */
export function migratePlans(
  cluster: Cluster,
  plans: readonly ForeignPlan[],
  options: ForeignOptions,
  lines: Lines,
  terminal: Terminal,
): Promise<Outcome[]> {
  const holder = `kubernetes-storage-migration migrate, process ${process.pid} on ${hostname()}`;
  return each(plans, lines, terminal, async ({ crd }, work) => {
    const { before, after, proven, rewritten, summary } = await migrateForeign(crd, options, holder, {
      ...work,
      cluster,
    });
    lines.say(crd, summary);
    return {
      crd,
      stored: `${before.join(", ")} → ${after.join(", ")}`,
      ...(proven !== undefined && { objects: proven }),
      ...(rewritten !== undefined && { rewritten }),
      result: proven === undefined ? summary : "proven",
    };
  });
}

/** Asks by dry run about every object. Takes no lock: that would be a write. */
export function rehearsePlans(
  cluster: Cluster,
  plans: readonly ForeignPlan[],
  _options: ForeignOptions,
  lines: Lines,
  terminal: Terminal,
): Promise<Outcome[]> {
  return each(plans, lines, terminal, async (plan, work) => {
    const objects = await rehearseForeign(plan, { ...work, cluster });
    const result = objects === undefined ? "nothing to rehearse: no other version is served" : "all would be accepted";
    const stored = plan.live.status?.storedVersions ?? [];
    return { crd: plan.crd, stored: stored.join(", "), ...(objects !== undefined && { objects }), result };
  });
}

function each(
  plans: readonly ForeignPlan[],
  lines: Lines,
  terminal: Terminal,
  one: (plan: ForeignPlan, work: Omit<ForeignWork, "cluster">) => Promise<Outcome>,
): Promise<Outcome[]> {
  return inBatches(plans, async (plan) => {
    const { crd } = plan;
    const report = (message: string): void => lines.report(crd, message);
    const warn = (message: string): void => lines.say(crd, message);
    const { interrupted: signal } = terminal;
    try {
      signal.throwIfAborted();
      return await withRetries({ report, signal }, () => one(plan, { report, warn, signal }));
    } catch (error) {
      const problem = error instanceof UserError ? error.problem : { what: `${crd}: ${messageOfError(error)}` };
      const stored = (plan.live.status?.storedVersions ?? []).join(", ");
      return { crd, stored, result: "not migrated", problem: about(crd, problem) };
    }
  });
}

/** An error of the engine names the resource or an API server; among several CRDs it must name the CRD. */
function about(crd: string, problem: UserError["problem"]): UserError["problem"] {
  return problem.what.includes(crd) ? problem : { ...problem, what: `${crd}: ${problem.what}` };
}
