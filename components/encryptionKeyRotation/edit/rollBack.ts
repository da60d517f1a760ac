import { whatOf, messageOf, UserError } from "../../kubernetes/errors";
import { withRetries } from "../../kubernetes/retry";
import type { PhaseWork } from "../../provider/phaseLogic";
import type { RotationInputs } from "../inputs";
import { recordLoaded, recordWrite, readRecord } from "../proof/recordConfigMap";
import { sinceOf } from "../proof/record";
import { awaitServersAgree, ReloadFailed } from "../servers/agreement";
import type { Reported } from "../servers/reports";
import { isProofKept } from "../stages";
import type { LiveConfiguration } from "../subject";
import { reloadAll, writeAll, type OpenTarget } from "../targets";
import type { Order } from "./undoEdit";

export interface Write {
  before: LiveConfiguration;
  after: LiveConfiguration;
  /** What the servers reported just before it. */
  since: Reported;
}

/** A command that restarts an API server fails where that does not start with the new file. */
export async function reload(targets: OpenTarget[]): Promise<void> {
  try {
    await reloadAll(targets);
  } catch (error) {
    throw new ReloadFailed("that API server", error instanceof UserError ? error.problem : messageOf(error));
  }
}

/** Proofs hold on under the next file where what writes a resource stays the same. */
export function recordEdit(
  { recordIn }: RotationInputs,
  { cluster }: PhaseWork,
  { before, after, since }: Write,
  order?: Order,
): Promise<void> {
  const note = { from: before.sha256, to: after.sha256, since, ...(order && { before: order }) };
  return recordWrite(cluster, recordIn, note, (resource) =>
    isProofKept(before.configuration, after.configuration, resource),
  );
}

/** A rejected file keeps a server from starting: nothing is more urgent than to put the last good one back. */
export async function rollBack(
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
    await writeAll(targets, after.text, before.text);
    await reloadAll(targets);
  } catch (error) {
    return refusedFile(
      cause,
      `putting the last good file back failed as well: ${whatOf(error)}`,
      `put it back by hand before ${cause.host} is restarted: it does not start with this one`,
    );
  }
  const places = targets.map(({ name }) => name).join(", ");
  const seen = await describeRollback(inputs, work, before);
  return refusedFile(
    cause,
    `the last good file is back in ${places}${seen} and no object was touched`,
    `see the log of ${cause.host}, then run \`pulumi up\` again`,
  );
}

/** What the server or its reload command said, then what became of the file. */
export function refusedFile(cause: ReloadFailed, state: string, next: string): UserError {
  const why = cause.problem.why === undefined ? state : `${cause.problem.why}; ${state}`;
  return new UserError({
    what: whatOf(cause),
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
    const since = sinceOf(await readRecord(work.cluster, recordIn), sha256);
    await awaitServersAgree(
      work.cluster,
      { sha256, since, decommissioned: decommissionedServers, timeoutSeconds: ROLLBACK_SECONDS },
      work,
    );
    await recordLoaded(work.cluster, recordIn, await readRecord(work.cluster, recordIn), sha256);
    return ", with which every API server runs again,";
  } catch (error) {
    return ` (${whatOf(error)})`;
  }
}

const RECORD_SECONDS = 2;
/** A server polls its file once a minute. */
const ROLLBACK_SECONDS = 90;
