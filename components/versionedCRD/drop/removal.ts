import { storageVersion, type Conversion, type Definition, type Version } from "../../crd/definition";
import { DROPPING_ANNOTATION } from "../../crd/names";
import type { ApiServers } from "../../kubernetes/apiServers";
import { TerminalError, UserError, whatOfError } from "../../kubernetes/errors";
import { withRetries } from "../../kubernetes/retry";
import { sleep } from "../../kubernetes/sleep";
import { awaitDefinitionSeen } from "../../migration/servers/awaitDefinitionSeen";
import { awaitReadableEverywhere } from "../../migration/servers/servedEverywhere";
import type { PhaseWork } from "../../provider/phaseLogic";
import { carryProof } from "../carryProof";
import type { DropInputs } from "../inputs";
import { annotateLiveDefinition, requireLiveDefinition } from "../../migration/definition/liveDefinition";
import { recordOutlived } from "../../migration/definition/outlivedObjects";
import { applyDefinition } from "../applyDefinition";
import { isDropOvertaken } from "../../migration/definition/proof";
import { recordedDropping, type DroppingRecord } from "../../migration/definition/recordedOnDefinition";
import { placeholderInStage, removedStage, restoredStage } from "../stages";

const PUT_BACK_TRIES = 20;
const PUT_BACK_EVERY_MS = 3_000;

/**
 * Removes versions, and lists everything without them; puts them back at once if that fails.
 *
 * A marker stands on the definition from before the removal until the list is complete, or the versions are back. Killed in
 * between, or with the answer of the removal lost, the next run finds it and goes on from there: a definition with one version
 * left would otherwise look finished.
 */
export async function removeVersions(
  inputs: DropInputs,
  work: PhaseWork,
  before: Definition,
  names: string[],
  servers: ApiServers,
): Promise<void> {
  const going = before.spec.versions.filter(({ name }) => names.includes(name));
  const conversion = before.spec.conversion ?? null;
  const marker: DroppingRecord = { versions: names, conversion, storage: storageVersion(before) };
  const marked = await annotateLiveDefinition(work.cluster, before, { [DROPPING_ANNOTATION]: JSON.stringify(marker) });
  work.report(`removing ${names.join(", ")}`);
  const intent = removedStage(marked, names, inputs.conversion ?? undefined);
  try {
    work.signal.throwIfAborted();
    await carryProof(work.cluster, marked, await applyDefinition(work.cluster, intent, marked));
    await finishRemoval(inputs, work, servers);
  } catch (error) {
    throw await putBack(inputs, work, going, marker, error);
  }
}

/** For a removal that an earlier run did not see through: the versions' own schemas are gone, a placeholder reads as well. */
export async function resumeRemoval(
  inputs: DropInputs,
  work: PhaseWork,
  live: Definition,
  servers: ApiServers,
): Promise<void> {
  const marker = recordedDropping(live) ?? { versions: [], conversion: null };
  try {
    await finishRemoval(inputs, work, servers);
  } catch (error) {
    if (isDropOvertaken(live)) throw describeUnlisted(inputs.crd, marker.versions, storageVersion(live), error);
    throw await putBack(inputs, work, marker.versions.map(placeholderInStage), marker, error);
  }
}

/** The marker stays: the next run lists again. */
function describeUnlisted(crd: string, names: readonly string[], storage: string, cause: unknown): UserError {
  return new UserError({
    what: `${crd}: not everything could be listed since ${names.join(", ")} was removed: ${whatOfError(cause)}`,
    expected: "a complete LIST through every API server",
    why: `every object was rewritten to ${storage} since, so nothing is lost, and nothing was put back`,
    next: "see to what is named above, then run `pulumi up` again",
  });
}

async function finishRemoval({ crd, group, plural }: DropInputs, work: PhaseWork, servers: ApiServers): Promise<void> {
  const live = await requireLiveDefinition(work.cluster, crd);
  await awaitDefinitionSeen(servers, live, work);
  await awaitReadableEverywhere(servers, { group, plural, version: storageVersion(live) }, work);
  await annotateLiveDefinition(work.cluster, await requireLiveDefinition(work.cluster, crd), {
    [DROPPING_ANNOTATION]: null,
  });
}

/** What the user reads once the versions are back, or why they are not. Not ended by an abort: nothing is more urgent. */
async function putBack(
  { crd }: DropInputs,
  work: PhaseWork,
  going: Version[],
  { conversion }: DroppingRecord,
  cause: unknown,
): Promise<Error> {
  const names = going.map(({ name }) => name).join(", ");
  const what = `${crd}: not everything could be read without ${names}: ${whatOfError(cause)}`;
  let trouble = "";
  let wasGone = false;
  for (let tried = 1; tried <= PUT_BACK_TRIES; tried++) {
    try {
      // The lock may be lost by now: its signal must not end this.
      const manner = { report: work.report, seconds: 0 };
      const found = await withRetries(manner, () => restore(work, crd, going, conversion));
      wasGone ||= found.wasGone;
      await withRetries(manner, () => withdrawMarker(work, found.restored));
      // An object is stored in a version that was proven gone.
      if (wasGone)
        await withRetries(manner, async () => recordOutlived(await requireLiveDefinition(work.cluster, crd), work));
      if (!wasGone) return cause as Error; // the removal itself was refused: nothing has happened
      return new TerminalError({
        what,
        expected: "a complete LIST through every API server",
        why: `${names} is back (unserved) and nothing is lost`,
        next: "see to what is named above, then run `pulumi up` again",
      });
    } catch (error) {
      trouble = whatOfError(error);
      work.report(`putting ${names} back: ${trouble}`);
      await sleep(PUT_BACK_EVERY_MS);
    }
  }
  return new UserError({
    what,
    expected: "a complete LIST through every API server",
    why: `putting ${names} back failed as well: ${trouble}`,
    next: "run `pulumi up` as soon as the API server answers: it goes on from here",
  });
}

/** Tried: adding a version back restores LIST within a fraction of a second, every object whole. */
async function restore(
  work: PhaseWork,
  crd: string,
  going: Version[],
  conversion: Conversion | null,
): Promise<{ wasGone: boolean; restored: Definition }> {
  const now = await requireLiveDefinition(work.cluster, crd);
  const there = now.spec.versions.map(({ name }) => name);
  const missing = going.filter(({ name }) => !there.includes(name));
  if (missing.length === 0) return { wasGone: false, restored: now };
  const intent = restoredStage(now, missing, conversion);
  return { wasGone: true, restored: await applyDefinition(work.cluster, intent, now, { force: true }) };
}

/** For a run that was killed between its marker and the removal, where nothing is to be dropped any more. */
export async function withdrawLeftOverMarker(work: PhaseWork, live: Definition): Promise<string | undefined> {
  if (recordedDropping(live) === undefined) return undefined;
  await withdrawMarker(work, live);
  return "a removal that was announced and not begun is withdrawn";
}

/**
 * Nothing is being dropped any more, and `protect` lets versions go that a marker names. Refused where the definition has moved since
 * it was seen with all its versions; a removal that is still on its way is refused after it.
 */
async function withdrawMarker({ cluster }: PhaseWork, restored: Definition): Promise<void> {
  if (restored.metadata.annotations?.[DROPPING_ANNOTATION] === undefined) return;
  await annotateLiveDefinition(cluster, restored, { [DROPPING_ANNOTATION]: null });
}
