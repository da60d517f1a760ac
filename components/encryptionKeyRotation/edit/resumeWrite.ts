import { fullReportHash } from "../../kubernetes/encryptionReport";
import { UserError } from "../../kubernetes/errors";
import type { PhaseWork } from "../../provider/phaseLogic";
import { renderConfiguration } from "../configuration/renderConfiguration";
import type { RotationInputs } from "../inputs";
import { recordLoadedInConfigMap, readRecordConfigMap } from "../proof/recordConfigMap";
import { unfinishedWriteOfRecord, type RecordedWrite } from "../proof/record";
import { awaitFileAgreement, type ServersAgreed } from "../servers/fileAgreement";
import { ReloadFailed, reloadOrFail } from "../targets/reload";
import { readReportsNow } from "../servers/reports";
import { sha256OfText } from "../targets/text";
import type { OpenTarget } from "../targets";
import { awaitAgreementBeforeEdit } from "./awaitAgreementBeforeEdit";
import { describeRolledBackFile, rollBackFile } from "./rollBackFile";
import { undoEdit } from "./undoEdit";
import type { LiveConfiguration } from "../liveConfiguration";

/**
 * Waits until every API server runs with what the targets hold, where the run that wrote what the targets hold may have been cut off: its reload commands are run, and a file that a server
 * refuses is rolled back from the names in the record.
 */
export async function resumeWrite(
  inputs: RotationInputs,
  work: PhaseWork,
  targets: OpenTarget[],
  live: LiveConfiguration,
): Promise<ServersAgreed> {
  const { cluster } = work;
  const record = await readRecordConfigMap(cluster, inputs.recordIn);
  const write = unfinishedWriteOfRecord(record, live.sha256);
  if (write === undefined) return awaitAgreementBeforeEdit(inputs, work, live, record);
  try {
    await reloadOnce(inputs, work, targets, write);
    const stood = await awaitAgreementBeforeEdit(inputs, work, live, record);
    await recordLoadedInConfigMap(cluster, inputs.recordIn, record, live.sha256);
    return stood;
  } catch (error) {
    if (!(error instanceof ReloadFailed)) throw error;
    throw await rollBackUnfinishedWrite(inputs, work, targets, live, write, error);
  }
}

/** A reload command may restart an API server: only where not all of them run with the file. */
async function reloadOnce(
  { decommissionedServers }: RotationInputs,
  work: PhaseWork,
  targets: OpenTarget[],
  { to, since }: RecordedWrite,
): Promise<void> {
  if (targets.every((target) => target.reload === undefined)) return;
  try {
    await awaitFileAgreement(
      work.cluster,
      { sha256: to, since, decommissioned: decommissionedServers, timeoutSeconds: 0 },
      work,
    );
  } catch (error) {
    work.signal.throwIfAborted();
    if (!(error instanceof UserError) || error instanceof ReloadFailed) throw error;
    work.report("an earlier run was cut off before every API server had loaded the file: reloading");
    await reloadOrFail(targets);
  }
}

/** Nobody remembers the text that was there before, but the file that was written holds each of its keys: distribute and promote take none away. */
async function rollBackUnfinishedWrite(
  inputs: RotationInputs,
  work: PhaseWork,
  targets: OpenTarget[],
  after: LiveConfiguration,
  { from, before: order, since }: RecordedWrite,
  cause: ReloadFailed,
): Promise<Error> {
  const configuration = order && undoEdit(after.configuration, order);
  if (configuration === undefined || configuration === after.configuration) {
    return describeRolledBackFile(
      cause,
      "it was written by a run that was cut off, and the file before it asked no less of a server, so nothing is rolled back",
      `fix what the log names (a KMS plugin that does not answer, a file that the server may not read), and ${cause.host} loads it by itself; do not restart it before that; then run \`pulumi up\` again`,
    );
  }
  const text = renderConfiguration(configuration);
  const before = { text, sha256: sha256OfText(text), configuration };
  // Other bytes than the servers had, as of a file made by hand, are loaded anew: what counts is what moves from now on.
  const looked =
    fullReportHash(before.sha256) === from
      ? since
      : await readReportsNow(work.cluster, inputs.decommissionedServers, work);
  return rollBackFile(inputs, work, targets, { before, after, since: looked }, cause);
}
