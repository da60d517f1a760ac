import type { Definition } from "../../crd/definition";
import { objectName } from "../../kubernetes/api";
import type { ClusterWork } from "../../kubernetes/cluster";
import { servedStorageMigrationVersion } from "../../kubernetes/discovery";
import { UserError } from "../../kubernetes/errors";
import { withLock } from "../../kubernetes/lock";
import { requireDefinition } from "../definition/liveDefinition";
import { migrateAndProve, recordProven, type ProveInputs } from "../definition/migrateAndProve";
import { moveManagedFields, moveManagedFieldsOf } from "../managedFields";
import { withFailures } from "../rewrite/failures";
import { afterOthers } from "./afterOthers";
import { hasDefinitionMoved, whileUnmoved } from "./moved";
import { planForeign, servedVersionsOfForeign, type ForeignOptions, type ForeignPlan } from "./plan";
import { whyRightsMissing } from "./missingRights";
import { rehearseForeign, type ForeignWork } from "./rehearseForeign";

/** What became of one CRD. */
export interface ForeignResult {
  readonly crd: string;
  /** status.storedVersions before and after. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Objects proven to be stored in the storage version; undefined where nothing had to be rewritten. */
  readonly proven?: number;
  /** Of them, those whose bytes our own pass changed. */
  readonly rewritten?: number;
  /** One sentence. */
  readonly summary: string;
}

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
  options: ForeignOptions,
  holder: string,
  work: ForeignWork,
): Promise<ForeignResult> {
  return afterOthers(work, crd, () => migrateUnderLock(crd, options, holder, work));
}

function migrateUnderLock(
  crd: string,
  options: ForeignOptions,
  holder: string,
  work: ForeignWork,
): Promise<ForeignResult> {
  return withLock(work.cluster, crd, holder, work.report, async (lockLost) => {
    const locked = { ...work, signal: AbortSignal.any([lockLost, work.signal]) };
    for (let attempt = 1; ; attempt++) {
      const live = await requireDefinition(work.cluster, crd);
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

async function migrateAsItIs(live: Definition, options: ForeignOptions, work: ForeignWork): Promise<ForeignResult> {
  const planned = await planForeign(work.cluster, live, options);
  const before = live.status?.storedVersions ?? [];
  if (planned.plan.length === 0) {
    return { crd: planned.crd, before, after: before, summary: "nothing to do" };
  }
  const refusal = planned.refusal ?? (await whyRightsMissing(work.cluster, live, options.migrator));
  if (refusal !== undefined) throw new UserError(refusal);
  return planned.rewrites ? rewriteAndProve(planned, options, work) : moveStaleOnly(planned, work);
}

async function rewriteAndProve(
  planned: ForeignPlan,
  options: ForeignOptions,
  work: ForeignWork,
): Promise<ForeignResult> {
  const { live, crd, version } = planned;
  const { group, names } = live.spec;
  const { generation = 0 } = live.metadata;
  const { migrator, requestTimeoutSeconds, decommissionedServers } = options;
  const how = { migrator, requestTimeoutSeconds, decommissionedServers };
  const inputs: ProveInputs = { ...how, crd, version, generation, group, plural: names.plural, kind: names.kind };
  const started = Date.now();
  await rehearseForeign(planned, work);
  const isInTree = migrator === "in-tree" && (await servedStorageMigrationVersion(work.cluster)) !== undefined;
  const pass = await migrateAndProve(inputs, isInTree, work);
  // Before the proof: were we killed here, the next run would begin anew, and find what is left.
  const moved = await moveStale(planned, work, new Set());
  const after = await recordProven(inputs, work, pass);
  const seconds = Math.ceil((Date.now() - started) / 1000);
  return {
    crd,
    before: live.status?.storedVersions ?? [],
    after: after.status?.storedVersions ?? [],
    proven: pass.proven,
    rewritten: pass.rewritten,
    summary: `${pass.proven} proven on ${pass.servers} in ${seconds} s, ${pass.rewritten} of them rewritten by our own pass${describeMoved(moved)} (${pass.how})`,
  };
}

/** The sampled objects last: were we killed before, the next plan would find them again, and with them the others. */
async function moveStaleOnly(planned: ForeignPlan, work: ForeignWork): Promise<ForeignResult> {
  const { live, crd, stale } = planned;
  let moved = await moveStale(planned, work, new Set(stale.map(objectName)));
  for (const object of stale) {
    if (await moveManagedFieldsOf(work.cluster, resourceOf(planned), object, droppedOf(planned), work)) moved++;
  }
  const storedVersions = live.status?.storedVersions ?? [];
  return { crd, before: storedVersions, after: storedVersions, summary: `proven before${describeMoved(moved)}` };
}

async function moveStale(planned: ForeignPlan, work: ClusterWork, skip: ReadonlySet<string>): Promise<number> {
  const result = await moveManagedFields(work.cluster, resourceOf(planned), droppedOf(planned), work, skip);
  if (result.failedCount === 0) return result.moved;
  const problem = {
    what: `${planned.crd}: managedFields of ${result.failedCount} objects still name versions that are not served`,
    expected: "none",
    next: "fix these objects and run `pulumi up` again",
  };
  throw new UserError(withFailures(problem, result.failed, result.failedCount));
}

function resourceOf({ live: { spec }, version }: ForeignPlan) {
  return { group: spec.group, plural: spec.names.plural, version };
}

function droppedOf({ live }: ForeignPlan) {
  return { allBut: servedVersionsOfForeign(live) };
}

function describeMoved(moved: number): string {
  return moved === 0 ? "" : `, managedFields of ${moved} moved`;
}
