import { UserError } from "../../kubernetes/errors";
import type { PhaseWork } from "../../provider/logic";
import { renderConfiguration } from "../configuration/render";
import type { RotationInputs } from "../inputs";
import { noteLoaded, readRecord, sinceOf, unfinished, type NotedWrite, type RotationRecord } from "../proof/record";
import { awaitHash, ReloadFailed } from "../servers/convergence";
import { fullHash, reportedNow, type Reported } from "../servers/reported";
import { sha256Of, type LiveConfiguration } from "../subject";
import type { OpenTarget } from "../targets";
import { reload, takenBack } from "./takenBack";
import { undone } from "./undo";

export interface Stood {
  reported: Reported;
  evidence: readonly string[];
}

/** No edit begins before every server runs with what the targets hold now: an earlier one may have been cut off. */
export async function standStill(
  { gone, recordIn }: RotationInputs,
  work: PhaseWork,
  { text, sha256 }: LiveConfiguration,
  known?: RotationRecord,
): Promise<Stood> {
  // Nothing there yet: no server can have loaded it.
  if (text === "") return { reported: await reportedNow(work.cluster, gone, work), evidence: [] };
  const since = sinceOf(known ?? (await readRecord(work.cluster, recordIn)), sha256);
  if (since === undefined) {
    const reported = await reportedNow(work.cluster, gone, work);
    const isSilent = reported.servers.every(({ hash }) => hash === undefined);
    // Not our file, and nobody to ask: that they run with it is all that can be supposed.
    if (isSilent) return { reported, evidence: ["what they ran with before, API servers tell only from 1.34 on"] };
  }
  return awaitHash(work.cluster, { sha256, since, gone }, work);
}

/**
 * The same, where the run that wrote what the targets hold may have been cut off: its reload commands are run, and a file that a server
 * refuses is taken back from the names in the record.
 */
export async function resumed(
  inputs: RotationInputs,
  work: PhaseWork,
  targets: OpenTarget[],
  live: LiveConfiguration,
): Promise<Stood> {
  const { cluster } = work;
  const record = await readRecord(cluster, inputs.recordIn);
  const write = unfinished(record, live.sha256);
  if (write === undefined) return standStill(inputs, work, live, record);
  try {
    await reloadedOnce(inputs, work, targets, write);
    const stood = await standStill(inputs, work, live, record);
    await noteLoaded(cluster, inputs.recordIn, record, live.sha256);
    return stood;
  } catch (error) {
    if (!(error instanceof ReloadFailed)) throw error;
    throw await refusedThen(inputs, work, targets, live, write, error);
  }
}

/** A reload command may restart an API server: only where not all of them run with the file. */
async function reloadedOnce(
  { gone }: RotationInputs,
  work: PhaseWork,
  targets: OpenTarget[],
  { to, since }: NotedWrite,
): Promise<void> {
  if (targets.every((target) => target.reload === undefined)) return;
  try {
    await awaitHash(work.cluster, { sha256: to, since, gone, patienceSeconds: 0 }, work);
  } catch (error) {
    work.signal.throwIfAborted();
    if (!(error instanceof UserError) || error instanceof ReloadFailed) throw error;
    work.report("an earlier run was cut off before every API server had loaded the file: reloading");
    await reload(targets);
  }
}

/** Nobody remembers the text that was there before, but the file that was written holds each of its keys: distribute and promote take none away. */
async function refusedThen(
  inputs: RotationInputs,
  work: PhaseWork,
  targets: OpenTarget[],
  after: LiveConfiguration,
  { from, before: order, since }: NotedWrite,
  cause: ReloadFailed,
): Promise<Error> {
  const configuration = order && undone(after.configuration, order);
  if (configuration === undefined || configuration === after.configuration) {
    return new UserError(
      `${cause.message}; it was written by a run that was cut off, and the file before it asked no less of a server, so nothing is taken back; ` +
        `mend what the log names (a KMS plugin that does not answer, a file that the server may not read), and ${cause.host} loads it by itself; ` +
        "do not restart it before that; then run `pulumi up` again",
    );
  }
  const text = renderConfiguration(configuration);
  const before = { text, sha256: sha256Of(text), configuration };
  // Other bytes than the servers had, as of a file made by hand, are loaded anew: what counts is what moves from now on.
  const looked = fullHash(before.sha256) === from ? since : await reportedNow(work.cluster, inputs.gone, work);
  return takenBack(inputs, work, targets, { before, after, since: looked }, cause);
}
