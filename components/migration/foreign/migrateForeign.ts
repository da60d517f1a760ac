import { type Definition, servedVersionNames } from "../../crd/definition";
import { discoverStorageMigrationVersion } from "../../kubernetes/discovery";
import { UserError } from "../../kubernetes/errors";
import { withLock } from "../../kubernetes/lock";
import { requireLiveDefinition } from "../definition/liveDefinition";
import { migrateAndProve, type ProveInputs } from "../definition/migrateAndProve";
import { recordOutlived } from "../definition/outlivedObjects";
import { recordMigratedAndPrune } from "../definition/recordAndPrune";
import { isRecordedOutlived } from "../definition/recordedOnDefinition";
import { describeProvenPasses } from "../rewrite/passes";
import { afterOthers } from "./afterOthers";
import { describeMovedStale, moveStale, moveStaleOnly, type StaleObjects } from "./moveStale";
import { hasDefinitionMoved, whileUnmoved } from "./definitionMoved";
import { planForeign, type ForeignPlan } from "./plan";
import { whyRightsMissingForForeign } from "../whyRightsMissing";
import { rehearseForeign } from "./rehearseForeign";
import type { MigrationResult, MigrationWork, MigrationOptions } from "../resourceMigration";

/** An owner that edits it all the time is for its operator to see. */
const ATTEMPTS = 3;

/**
 * Migrates the objects of a CRD that somebody else manages, with the gates of a VersionedCRD and under its lock: rehearsal,
 * agreement, the wait, rewrite, managedFields, proof, prune. Of the CRD it writes one annotation and status.storedVersions.
 *
 * Where the CRD's owner changes its spec meanwhile, all of it is done again for what it is then.
 *
 * @param holder who we are, for whoever meets the lock
 */
export function migrateForeign(
  crd: string,
  options: MigrationOptions,
  holder: string,
  work: MigrationWork,
): Promise<MigrationResult> {
  return afterOthers(work, crd, () => migrateForeignUnderLock(crd, options, holder, work));
}

function migrateForeignUnderLock(
  crd: string,
  options: MigrationOptions,
  holder: string,
  work: MigrationWork,
): Promise<MigrationResult> {
  return withLock(work.cluster, crd, holder, work.report, async (lockLost) => {
    const locked = { ...work, signal: AbortSignal.any([lockLost, work.signal]) };
    for (let attempt = 1; ; attempt++) {
      const live = await requireLiveDefinition(work.cluster, crd);
      try {
        return await whileUnmoved(live, locked, (signal) => migrateAsItIs(live, options, { ...work, signal }));
      } catch (error) {
        locked.signal.throwIfAborted();
        if (attempt === ATTEMPTS || !(await hasDefinitionMoved(live, work))) throw error;
        work.warn("its owner changed the CRD meanwhile: migrating it as it is now");
      }
    }
  });
}

async function migrateAsItIs(
  live: Definition,
  options: MigrationOptions,
  work: MigrationWork,
): Promise<MigrationResult> {
  const planned = await planForeign(work.cluster, live, options);
  const stored = (live.status?.storedVersions ?? []).join(", ");
  if (planned.plan.length === 0) return { stored, summary: "nothing to do" };
  const refusal = planned.refusal ?? (await whyRightsMissingForForeign(work.cluster, live, options.migrator));
  if (refusal !== undefined) throw new UserError(refusal);
  if (planned.rewrites) return rewriteAndProveForeign(planned, options, work);
  return { stored, summary: await moveStaleOnly(staleOf(planned), planned.stale, work) };
}

async function rewriteAndProveForeign(
  planned: ForeignPlan,
  options: MigrationOptions,
  work: MigrationWork,
): Promise<MigrationResult> {
  const { live, name: crd, version } = planned;
  const { group, names } = live.spec;
  const { generation = 0 } = live.metadata;
  const { migrator, requestTimeoutSeconds, decommissionedServers } = options;
  const how = { requestTimeoutSeconds, decommissionedServers };
  const inputs: ProveInputs = { ...how, crd, version, generation, group, plural: names.plural, kind: names.kind };
  const started = performance.now();
  if (isRecordedOutlived(live)) await recordOutlived(await requireLiveDefinition(work.cluster, crd), work);
  await rehearseForeign(planned, work);
  const isInTree = migrator === "in-tree" && (await discoverStorageMigrationVersion(work.cluster)) !== undefined;
  const pass = await migrateAndProve(inputs, isInTree, work);
  // Before the proof: were we killed here, the next run would begin anew, and find what is left.
  const moved = await moveStale(staleOf(planned), work);
  const after = await recordMigratedAndPrune(inputs, work, pass);
  return {
    stored: [live, after].map(({ status }) => (status?.storedVersions ?? []).join(", ")).join(" → "),
    proven: pass.proven,
    rewritten: pass.rewritten,
    summary: describeProvenPasses(pass, started, describeMovedStale(moved)),
  };
}

function staleOf({ live, name, version }: ForeignPlan): StaleObjects {
  const { group, names } = live.spec;
  return { name, resource: { group, plural: names.plural, version }, served: servedVersionNames(live) };
}
