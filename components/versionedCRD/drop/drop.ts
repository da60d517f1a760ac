import { storageVersion, type Definition } from "../../crd/definition";
import { findApiServers, type ApiServers } from "../../kubernetes/apiServers";
import { UserError } from "../../kubernetes/errors";
import { moveManagedFields } from "../../migration/managedFields";
import { assertNoneFailed } from "../../migration/rewrite/failures";
import { waitForRequestsInFlight } from "../../migration/servers/inFlight";
import { awaitServedEverywhere } from "../../migration/servers/servedEverywhere";
import { checkRemovalAcknowledged, leftOverRemovalAcknowledgements } from "../../provider/acknowledgedRemoval";
import type { PhaseWork } from "../../provider/phaseLogic";
import { carryProof } from "../carryProof";
import { conversionMayGo } from "../checks/conversionMayGo";
import { versionDropped } from "../checks/versionDropped";
import { currentOutputs } from "../currentOutputs";
import { assertNoDependents, checkDependentsAtDrop } from "../dependents";
import type { DropInputs, RolloutPhase } from "../inputs";
import { requireLiveDefinition } from "../../migration/definition/liveDefinition";
import { applyDefinition } from "../applyDefinition";
import { recordIfOutlived } from "../../migration/definition/outlivedObjects";
import { recordedUnfinishedDrop } from "../../migration/definition/recordedOnDefinition";
import { planDrop } from "../plan";
import { readResourceVersionFact } from "../../migration/definition/planFacts";
import { whyProven } from "../../migration/definition/proof";
import { unservedStage, withdrawnVersions } from "../stages";
import { backUpBeforeDrop, previewDropBackup } from "./backUpBeforeDrop";
import { removeVersions, resumeRemoval, withdrawLeftOverMarker } from "./removal";
import { assertNotInUseBeforeDrop, previewUsageBeforeDrop } from "./usageBeforeDrop";
import { hasFieldsWeOwn } from "../fieldsWeOwn";

/** drop: look whom it would break, unserve, wait for requests in flight, move managedFields, remove, list everything; put back at once if that fails. */
export const drop: RolloutPhase<DropInputs> = {
  recorded: [],
  plansWithout: ["conversion"],

  async preview(inputs, cluster, live) {
    const plan = planDrop(live, inputs.versions, inputs.backup);
    if (live === undefined || plan.length === 0)
      return { plan, warnings: leftOverRemovalAcknowledgements(versionDropped(inputs)) };
    const { notes = [], problems = [], warnings = [] } = await previewUsageBeforeDrop(inputs, cluster, live);
    // Held back it changes nothing, and what stands in its way then is no reason to stop the phases before it.
    if (inputs.heldBy !== undefined) return { plan, notes };
    const names = namesToDrop(inputs, live);
    const approval = checkRemovalAcknowledged(versionDropped(inputs), names);
    const others = await checkDependentsAtDrop(inputs, cluster, live);
    return {
      plan,
      notes: [...notes, ...approval.notes, ...noteForegroundDeletes(names)],
      problems: [...approval.problems, ...problems, ...others.problems, ...(await previewDropBackup(inputs, live))],
      warnings: [...warnings, ...others.warnings],
    };
  },

  async run(inputs, work) {
    const resumed = await finishCutOffRemoval(inputs, work);
    const found = await requireLiveDefinition(work.cluster, inputs.crd);
    const names = namesToDrop(inputs, found);
    if (names.length === 0) {
      const summary = resumed ?? (await withdrawLeftOverMarker(work, found)) ?? "nothing to drop";
      return { ...currentOutputs(found), summary };
    }
    const live = await recordIfOutlived(found, work);
    assertAcknowledged(inputs, names);
    await assertMayDrop(inputs, work, live);
    assertConversionMayGo(inputs, live, names);
    await assertNotInUseBeforeDrop(inputs, work, live);
    const saved = await backUpBeforeDrop(inputs, work, live);
    if (saved.length > 0) await assertNotInUseBeforeDrop(inputs, work, live); // a backup may take its time
    await assertNoDependents(inputs, work, live);
    const dropped = await withAliveServers(inputs, work, async (servers) => {
      const hidden = await unserve(inputs, work, live, names, servers);
      await clearManagedFields(inputs, work, hidden, names);
      await removeVersions(inputs, work, await assertMayStillDrop(inputs, work), names, servers);
      return describeDropped(names, live, servers);
    });
    const after = await requireLiveDefinition(work.cluster, inputs.crd);
    return { ...currentOutputs(after), summary: [...(resumed ? [resumed] : []), dropped, ...saved].join("; ") };
  },
};

/** Before any gate: while versions are missing that objects may need, nothing can be listed, and putting them back is the way out. */
async function finishCutOffRemoval(inputs: DropInputs, work: PhaseWork): Promise<string | undefined> {
  const live = await requireLiveDefinition(work.cluster, inputs.crd);
  const unfinished = recordedUnfinishedDrop(live);
  if (unfinished.length === 0) return undefined;
  return withAliveServers(inputs, work, async (servers) => {
    await resumeRemoval(inputs, work, live, servers);
    return describeDropped(unfinished, live, servers);
  });
}

async function withAliveServers<T>(
  { decommissionedServers }: DropInputs,
  work: PhaseWork,
  act: (servers: ApiServers) => Promise<T>,
): Promise<T> {
  const servers = await findApiServers(work.cluster, { ...work, decommissioned: decommissionedServers });
  try {
    await servers.alive(work);
    return await act(servers);
  } finally {
    servers.close();
  }
}

function describeDropped(names: readonly string[], live: Definition, { description }: ApiServers): string {
  return `${names.join(", ")} dropped; every object reads as ${storageVersion(live)} through ${description}`;
}

function namesToDrop({ versions }: DropInputs, live: Definition): string[] {
  return withdrawnVersions(live, versions).map(({ name }) => name);
}

/**
 * The garbage collector asks for an object in the version in which it saw it first
 * (https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/controller/garbagecollector/graph_builder.go).
 */
function noteForegroundDeletes(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    `after this, restart kube-controller-manager before you delete older objects with --cascade=foreground: until then it knows them as ${names.join(", ")}`,
  ];
}

/** Asked again where it is done: a version may have come since preview, which nobody has named. */
function assertAcknowledged(inputs: DropInputs, names: readonly string[]): void {
  const { problems } = checkRemovalAcknowledged(versionDropped(inputs), names);
  if (problems.length > 0) throw new UserError(problems.join("\n"));
}

/** Not at preview: serve may still be about to add the fields. */
function assertConversionMayGo({ conversion, acknowledge }: DropInputs, live: Definition, names: string[]): void {
  const problems = conversionMayGo(live, names, conversion ?? undefined, acknowledge);
  if (problems.length > 0) throw new UserError(problems.join("\n"));
}

/** The gate: a version that goes while one object is still stored in it takes every LIST of the resource with it. */
async function assertMayDrop(inputs: DropInputs, work: PhaseWork, live: Definition): Promise<void> {
  const storage = storageVersion(live);
  const storedVersions = live.status?.storedVersions ?? [];
  if (!hasFieldsWeOwn(live)) {
    throw new UserError({
      what: `${inputs.crd}: this package has applied nothing of the definition in the cluster`,
      expected: "the definition that serve applied, before anything is dropped",
      next: "find out who took it over (`kubectl get crd -o yaml --show-managed-fields`), then run `pulumi up` without --target",
    });
  }
  if (!inputs.versions.includes(storage)) {
    throw new UserError({
      what: `${inputs.crd}: the storage version in the cluster is ${storage}`,
      expected: `one of ${inputs.versions.join(", ")} before anything is dropped`,
      next: "run `pulumi up` without --target",
    });
  }
  if (storedVersions.join() !== storage) {
    throw new UserError({
      what: `${inputs.crd}: storedVersions is [${storedVersions.join(", ")}]`,
      expected: `[${storage}] before anything is dropped`,
      next: "run `pulumi up` so that migrate rewrites the objects",
    });
  }
  const listed = await readResourceVersionFact(inputs, work.cluster, live);
  if (listed !== undefined && whyProven(live, listed) !== undefined) return;
  throw new UserError({
    what: `${inputs.crd}: no valid proof that every object is stored as ${storage} (generation ${live.metadata.generation})`,
    expected: "one before anything is dropped",
    next: "run `pulumi up` so that migrate proves it",
  });
}

/** The same gate once more, on the definition that is about to be changed. */
async function assertMayStillDrop(inputs: DropInputs, work: PhaseWork): Promise<Definition> {
  const now = await requireLiveDefinition(work.cluster, inputs.crd);
  await assertMayDrop(inputs, work, now);
  return now;
}

async function unserve(
  inputs: DropInputs,
  work: PhaseWork,
  live: Definition,
  names: string[],
  servers: ApiServers,
): Promise<Definition> {
  const { group, plural } = inputs;
  let hidden = live;
  if (withdrawnVersions(live, inputs.versions).some((version) => version.served)) {
    work.report(`unserving ${names.join(", ")}`);
    hidden = await carryProof(
      work.cluster,
      live,
      await applyDefinition(work.cluster, unservedStage(live, names), live),
    );
  }
  await awaitServedEverywhere(servers, { group, plural }, { served: [storageVersion(hidden)], notServed: names }, work);
  await waitForRequestsInFlight(inputs.requestTimeoutSeconds, work);
  return hidden;
}

/** Server-side apply fails on an object with an entry of a removed version: https://github.com/kubernetes/kubernetes/issues/111937 */
async function clearManagedFields(
  inputs: DropInputs,
  work: PhaseWork,
  live: Definition,
  names: string[],
): Promise<void> {
  const { group, plural } = inputs;
  const result = await moveManagedFields(work.cluster, { group, plural, version: storageVersion(live) }, names, work);
  assertNoneFailed(result, {
    what: `${inputs.crd}: managedFields of ${result.failedCount} objects still name ${names.join(", ")}`,
    why: "the versions are unserved but still there",
    next: "fix these objects and run `pulumi up` again",
  });
}
