import { UserError, messageOfError } from "../kubernetes/errors";
import { describeProblem, problemInOneLine, boundedProblemItems } from "../kubernetes/problem";
import { isCrdNamePattern } from "../migration/foreign/crdNames";
import { inBatches } from "../migration/foreign/inBatches";
import { migrateForeign } from "../migration/foreign/migrateForeign";
import { planForeign, type ForeignPlan } from "../migration/foreign/plan";
import type { Definition } from "../crd/definition";
import type { Preview, PhaseLogic, PhaseWork } from "../provider/phaseLogic";
import type { MigrationInputs, MigrationOutputs } from "./inputs";
import { findCrdsOfSubject, storedVersionsOf } from "./subject";

/** So many CRDs of a pattern are named in an error. */
const NAMED = 10;

/** The CRDs of one name or pattern: those that need it are migrated, each under its own lock. */
export const migrate: PhaseLogic<MigrationInputs, MigrationOutputs, Definition[]> = {
  async preview(inputs, cluster, found, olds) {
    if (found.length === 0) return previewOfNone(inputs, olds);
    const plans = await inBatches(found, (live) => planForeign(cluster, live, inputs));
    const refused = plans.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal]));
    return {
      plan: plans.filter(isReady).flatMap(({ crd, plan }) => plan.map((sentence) => `${crd}: ${sentence}`)),
      // One of many must not hold up the others; one that was named is what the program is about.
      ...(isCrdNamePattern(inputs.resource)
        ? { warnings: refused.map((refusal) => describeProblem(refusal)) }
        : { problems: refused.map((refusal) => describeProblem(refusal)) }),
    };
  },

  async run(inputs, work) {
    const plans = await inBatches(await findCrdsOfSubject(work.cluster, inputs.resource), (live) =>
      planForeign(work.cluster, live, inputs),
    );
    const ready = plans.filter(isReady);
    if (!isCrdNamePattern(inputs.resource))
      for (const { refusal } of plans) if (refusal !== undefined) throw new UserError(refusal);
    const summaries = await migrateEach(ready, inputs, work);
    const storedVersions = storedVersionsOf(await findCrdsOfSubject(work.cluster, inputs.resource));
    return { storedVersions, summary: summaries.length === 0 ? "nothing to do" : summaries.join("\n") };
  },
};

function isReady({ plan, refusal }: ForeignPlan): boolean {
  return plan.length > 0 && refusal === undefined;
}

/** What the state has from before says that there was one: it vanished, and is let go. */
function previewOfNone({ resource }: MigrationInputs, olds: object | undefined): Preview {
  const wasThere = (olds as Partial<MigrationInputs> | undefined)?.resource === resource;
  if (wasThere) return { plan: [], warnings: [`${resource}: no CRD any more; there is nothing to migrate`] };
  return {
    plan: [],
    problems: [
      describeProblem({
        what: isCrdNamePattern(resource)
          ? `${resource} matches no CRD`
          : `${resource}: there is no such CRD in the cluster`,
        expected: isCrdNamePattern(resource)
          ? "at least one CRD of that very group"
          : "metadata.name of a CRD (PLURAL.GROUP)",
        next: "`kubectl get crd` lists the names; where another resource of this program makes it, name that in dependsOn after its first `pulumi up`",
      }),
    ],
  };
}

/** One that fails is named, the others go on. @returns a sentence for each @throws UserError when one or more failed */
async function migrateEach(
  plans: readonly ForeignPlan[],
  inputs: MigrationInputs & { __urn?: string },
  work: PhaseWork,
): Promise<string[]> {
  const failures: { crd: string; error: unknown }[] = [];
  const summaries = await inBatches(plans, async ({ crd }) => {
    const own = {
      ...work,
      report: (message: string) => work.report(`${crd}: ${message}`),
      warn: (message: string) => work.warn(`${crd}: ${message}`),
    };
    try {
      work.signal.throwIfAborted();
      const { summary } = await migrateForeign(crd, inputs, `migrate of ${inputs.__urn ?? ""}`, own);
      return [`${crd}: ${summary}`];
    } catch (error) {
      failures.push({ crd, error });
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

function describeFailure({ crd, error }: { crd: string; error: unknown }): string {
  const text = error instanceof UserError ? problemInOneLine(error.problem) : messageOfError(error);
  return text.includes(crd) ? text : `${crd}: ${text}`;
}
