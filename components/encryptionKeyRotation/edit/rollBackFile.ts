import { TerminalError, whatOfError } from "../../kubernetes/errors";
import { withRetries } from "../../kubernetes/retry";
import type { PhaseWork } from "../../provider/phaseLogic";
import type { RotationInputs } from "../inputs";
import { recordLoadedInConfigMap, readRecordConfigMap } from "../proof/recordConfigMap";
import { reportsBeforeRecordedWrite } from "../proof/record";
import { awaitFileAgreement } from "../servers/fileAgreement";
import type { ReloadFailed } from "../targets/reload";
import { reloadAllTargets, writeAllTargets, type OpenTarget } from "../targets";
import type { LiveConfiguration } from "../liveConfiguration";
import { mayTakeBackUnder } from "./mayWrite";
import { type Write, recordEdit } from "./recordEdit";

/** A rejected file keeps a server from starting: nothing is more urgent than to put the last good one back. */
export async function rollBackFile(
  inputs: RotationInputs,
  work: PhaseWork,
  targets: OpenTarget[],
  { before, after, since }: Write,
  cause: ReloadFailed,
): Promise<Error> {
  try {
    // Where nothing answers any more, the file matters more than the note of it.
    await withRetries({ seconds: RECORD_SECONDS }, () =>
      recordEdit(inputs, work, { before: after, after: before, since }),
    ).catch(() => undefined);
    await writeAllTargets(targets, { from: after.text, to: before.text }, mayTakeBackUnder(work));
    await reloadAllTargets(targets);
  } catch (error) {
    const [failed, byHand] =
      before.text === ""
        ? ["taking the file away again failed", "take it away"]
        : ["putting the last good file back failed", "put it back"];
    return describeRolledBackFile(
      cause,
      `${failed} as well: ${whatOfError(error)}`,
      `${byHand} by hand before ${cause.host} is restarted: it does not start with this one`,
    );
  }
  const places = targets.map(({ name }) => name).join(", ");
  if (before.text === "") {
    return describeRolledBackFile(
      cause,
      `as before, there is no file in ${places}, and no object was touched`,
      `see the log of ${cause.host}, then run \`pulumi up\` again`,
    );
  }
  const seen = await describeRollback(inputs, work, before);
  return describeRolledBackFile(
    cause,
    `the last good file is back in ${places}${seen} and no object was touched`,
    `see the log of ${cause.host}, then run \`pulumi up\` again`,
  );
}

/** What the server or its reload command said, then what became of the file. */
export function describeRolledBackFile(cause: ReloadFailed, state: string, next: string): TerminalError {
  const why = cause.problem.why === undefined ? state : `${cause.problem.why}; ${state}`;
  return new TerminalError({
    what: whatOfError(cause),
    expected: "every API server to load the file that was written",
    why,
    next,
  });
}

/** Whether every server has come back to it, in words; that one has not is no news beside the error that is to be told. */
async function describeRollback(
  { decommissionedServers, recordIn }: RotationInputs,
  work: PhaseWork,
  { sha256 }: LiveConfiguration,
): Promise<string> {
  try {
    const since = reportsBeforeRecordedWrite(await readRecordConfigMap(work.cluster, recordIn), sha256);
    await awaitFileAgreement(
      work.cluster,
      { sha256, since, decommissioned: decommissionedServers, timeoutSeconds: ROLLBACK_SECONDS },
      work,
    );
    await recordLoadedInConfigMap(work.cluster, recordIn, await readRecordConfigMap(work.cluster, recordIn), sha256);
    return ", with which every API server runs again,";
  } catch (error) {
    return ` (${whatOfError(error)})`;
  }
}

const RECORD_SECONDS = 2;
/** A server polls its file once a minute. */
const ROLLBACK_SECONDS = 90;
