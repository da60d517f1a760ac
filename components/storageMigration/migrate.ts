import { UserError, messageOfError } from "../kubernetes/errors";
import { describeProblem, problemInOneLine, boundedProblemItems } from "../kubernetes/problem";
import { isResourceNamePattern } from "../kubernetes/resourceNames";
import { describeNoMigratable, findMigratables, type Migratable } from "../migration/entries/findMigratables";
import {
  isMigrationReady,
  runPlannedMigration,
  planMigration,
  type MigrationPlan,
} from "../migration/entries/plannedMigration";
import { inBatches } from "../migration/foreign/inBatches";
import type { Cluster } from "../kubernetes/cluster";
import type { Preview, PhaseLogic, PhaseWork } from "../provider/phaseLogic";
import type { MigrationInputs, MigrationOutputs } from "./inputs";
import { storedVersionsOfSubject } from "./subject";

/** So many CRDs of a pattern are named in an error. */
const NAMED = 10;

/** The CRDs of one pattern, or the resource of one name: those that need it are migrated, each under its own lock. */
export const migrate: PhaseLogic<MigrationInputs, MigrationOutputs, Migratable[]> = {
  async preview(inputs, cluster, found, olds) {
    if (found.length === 0) return previewOfNone(inputs, cluster, olds);
    const plans = await inBatches(found, (each) => planMigration(cluster, each, inputs));
    const refused = plans.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal]));
    return {
      plan: plans.filter(isMigrationReady).flatMap(({ name, plan }) => plan.map((sentence) => `${name}: ${sentence}`)),
      // One of many must not hold up the others; one that was named is what the program is about.
      ...(isResourceNamePattern(inputs.resource)
        ? { warnings: refused.map((refusal) => describeProblem(refusal)) }
        : { problems: refused.map((refusal) => describeProblem(refusal)) }),
    };
  },

  async run(inputs, work) {
    const plans = await inBatches(await findMigratables(work.cluster, inputs.resource), (each) =>
      planMigration(work.cluster, each, inputs),
    );
    const ready = plans.filter(isMigrationReady);
    if (!isResourceNamePattern(inputs.resource))
      for (const { refusal } of plans) if (refusal !== undefined) throw new UserError(refusal);
    const summaries = await migrateEach(ready, inputs, work);
    const storedVersions = storedVersionsOfSubject(await findMigratables(work.cluster, inputs.resource));
    return { storedVersions, summary: summaries.length === 0 ? "nothing to do" : summaries.join("\n") };
  },
};

/** What the state has from before says that there was one: it vanished, and is let go. */
async function previewOfNone(
  { resource }: MigrationInputs,
  cluster: Cluster,
  olds: object | undefined,
): Promise<Preview> {
  const wasThere = (olds as Partial<MigrationInputs> | undefined)?.resource === resource;
  if (wasThere) {
    const what = isResourceNamePattern(resource) ? "no CRD any more" : "no such resource any more";
    return { plan: [], warnings: [`${resource}: ${what}; there is nothing to migrate`] };
  }
  const { next = "", ...problem } = await describeNoMigratable(cluster, resource);
  const made = "where another resource of this program makes it, name that in dependsOn after its first `pulumi up`";
  return { plan: [], problems: [describeProblem({ ...problem, next: `${next}; ${made}` })] };
}

/** One that fails is named, the others go on. @returns a sentence for each @throws UserError when one or more failed */
async function migrateEach(
  plans: readonly MigrationPlan[],
  inputs: MigrationInputs & { __urn?: string },
  work: PhaseWork,
): Promise<string[]> {
  const failures: Failed[] = [];
  const summaries = await inBatches(plans, async (plan) => {
    const { name } = plan;
    const own = {
      ...work,
      report: (message: string) => work.report(`${name}: ${message}`),
      warn: (message: string) => work.warn(`${name}: ${message}`),
    };
    try {
      work.signal.throwIfAborted();
      const { summary } = await runPlannedMigration(plan, inputs, `migrate of ${inputs.__urn ?? ""}`, own);
      return [`${name}: ${summary}`];
    } catch (error) {
      failures.push({ name, error });
      return [];
    }
  });
  const [first] = failures;
  if (first === undefined) return summaries.flat();
  if (plans.length === 1) throw first.error;
  throw new UserError({
    what: `${failures.length} of ${plans.length} CRDs of ${inputs.resource} are not migrated`,
    items: boundedProblemItems(failures.slice(0, NAMED).map(describeFailure).sort(), failures.length),
    expected: "none; the others are done",
    next: "fix what they name, then run `pulumi up` again",
  });
}

interface Failed {
  readonly name: string;
  readonly error: unknown;
}

function describeFailure({ name, error }: Failed): string {
  const text = error instanceof UserError ? problemInOneLine(error.problem) : messageOfError(error);
  return text.includes(name) ? text : `${name}: ${text}`;
}
