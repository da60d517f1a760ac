import { renderConfiguration } from "../../encryption/configuration";
import { configurationAt, keepsProof, sameConfiguration, type Stage } from "../../encryption/stages";
import { reloadAll, withTargets, writeAll, type OpenTarget } from "../../encryption/targets";
import { messageOf, UserError } from "../../kubernetes/errors";
import type { PhaseWork } from "../../phases/logic";
import { waitForRequestsInFlight } from "../../migration/inFlight";
import { awaitHash, ReloadFailed } from "../convergence";
import { noteWrite, readRecord, sinceOf } from "../record";
import { reportedNow, type Reported } from "../reported";
import type { RotationInputs } from "./facets";
import { mended } from "./mended";
import { sha256Of, type LiveConfiguration } from "./subject";

/** What was written, and what was seen of it. */
export interface Edited {
  live: LiveConfiguration;
  /** False: every target held it already. */
  isNew: boolean;
  reported: Reported;
  evidence: readonly string[];
}

/** Asked right before the file is written: throws where it must not be. */
export type Gate = (live: LiveConfiguration) => Promise<void>;

/**
 * One edit of the file in every target: all servers run with what is there → write → reload → all servers run with exactly
 * this file → the requests that began before are over. A file that one server rejects is taken back from all.
 */
export async function edit(
  stage: Stage,
  inputs: RotationInputs,
  work: PhaseWork,
  material: Readonly<Record<string, string>> = {},
  gate: Gate = () => Promise.resolve(),
): Promise<Edited> {
  return withTargets(inputs.targets, async (targets) => {
    const before = await mended(inputs, work, targets);
    const configuration = configurationAt(stage, before.configuration, inputs.wanted, material);
    const isNew = !sameConfiguration(configuration, before.configuration);
    const { reported, evidence } = await standStill(inputs, work, before);
    if (!isNew) return { live: before, isNew, reported, evidence };
    await gate(before);
    const text = renderConfiguration(configuration);
    const after = { text, sha256: sha256Of(text), configuration };
    // Looked at anew: a gate may have waited for minutes, and a restart before the write tells nothing of what is written.
    const since = await reportedNow(work.cluster, inputs.gone, work);
    const written = await write(inputs, work, targets, { before, after, since });
    await waitForRequestsInFlight(inputs.requestTimeoutSeconds, work);
    return { live: after, isNew, ...written };
  });
}

/** No edit begins before every server runs with what the targets hold now: an earlier one may have been cut off. */
export async function standStill(
  { gone, recordIn }: RotationInputs,
  work: PhaseWork,
  { text, sha256 }: LiveConfiguration,
): Promise<{ reported: Reported; evidence: readonly string[] }> {
  // Nothing there yet: no server can have loaded it.
  if (text === "") return { reported: await reportedNow(work.cluster, gone, work), evidence: [] };
  const since = sinceOf(await readRecord(work.cluster, recordIn), sha256);
  if (since === undefined) {
    const reported = await reportedNow(work.cluster, gone, work);
    const isSilent = reported.servers.every(({ hash }) => hash === undefined);
    // Not our file, and nobody to ask: that they run with it is all that can be supposed.
    if (isSilent) return { reported, evidence: ["what they ran with before, API servers tell only from 1.34 on"] };
  }
  return awaitHash(work.cluster, { sha256, since, gone }, work);
}

interface Write {
  before: LiveConfiguration;
  after: LiveConfiguration;
  since: Reported;
}

async function write(inputs: RotationInputs, work: PhaseWork, targets: OpenTarget[], { before, after, since }: Write) {
  await noted(inputs, work, { before, after, since });
  work.signal.throwIfAborted();
  work.report(`writing ${targets.map(({ name }) => name).join(", ")}`);
  await writeAll(targets, before.text, after.text);
  try {
    await reload(targets);
    return await awaitHash(work.cluster, { sha256: after.sha256, since, gone: inputs.gone }, work);
  } catch (error) {
    if (!(error instanceof ReloadFailed)) throw error;
    throw await takenBack(inputs, work, targets, { before, after, since }, error);
  }
}

/** A command that restarts an API server fails where that does not start with the new file. */
async function reload(targets: OpenTarget[]): Promise<void> {
  try {
    await reloadAll(targets);
  } catch (error) {
    throw new ReloadFailed("that API server", messageOf(error));
  }
}

/** Proofs hold on under the next file where what writes a resource stays the same. */
function noted({ recordIn }: RotationInputs, { cluster }: PhaseWork, { before, after, since }: Write): Promise<void> {
  return noteWrite(cluster, recordIn, { from: before.sha256, to: after.sha256, since }, (resource) =>
    keepsProof(before.configuration, after.configuration, resource),
  );
}

/** A rejected file keeps a server from starting: nothing is more urgent than to put the last good one back. */
async function takenBack(
  inputs: RotationInputs,
  work: PhaseWork,
  targets: OpenTarget[],
  { before, after, since }: Write,
  cause: ReloadFailed,
): Promise<Error> {
  const expected = "expected every API server to load the file that was written";
  try {
    // Where nothing answers any more, the file matters more than the note of it.
    await noted(inputs, work, { before: after, after: before, since }).catch(() => undefined);
    await writeAll(targets, after.text, before.text);
    await reloadAll(targets);
  } catch (error) {
    return new UserError(
      `${cause.message}; ${expected}; putting the last good file back failed as well: ${messageOf(error)}; put it back by hand before ${cause.host} is restarted: it does not start with this one`,
    );
  }
  const places = targets.map(({ name }) => name).join(", ");
  const seen = await runWith(inputs, work, before);
  return new UserError(
    `${cause.message}; ${expected}; the last good file is back in ${places}${seen} and no object was touched; see the log of ${cause.host}, then run \`pulumi up\` again`,
  );
}

/** Whether every server has come back to it, in words; that one has not is no news beside the error that is to be told. */
async function runWith(
  { gone, recordIn }: RotationInputs,
  work: PhaseWork,
  { sha256 }: LiveConfiguration,
): Promise<string> {
  try {
    const since = sinceOf(await readRecord(work.cluster, recordIn), sha256);
    await awaitHash(work.cluster, { sha256, since, gone, patienceSeconds: BACK_SECONDS }, work);
    return ", with which every API server runs again,";
  } catch (error) {
    return ` (${messageOf(error)})`;
  }
}

/** A server polls its file once a minute. */
const BACK_SECONDS = 90;
