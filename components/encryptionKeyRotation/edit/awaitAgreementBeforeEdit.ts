import { UserError } from "../../kubernetes/errors";
import type { PhaseWork } from "../../provider/phaseLogic";
import { isFileMissing, whyFileLost } from "../checks/fileLost";
import type { RotationInputs } from "../inputs";
import { readRecordConfigMap } from "../proof/recordConfigMap";
import { reportsBeforeRecordedWrite, type RotationRecord } from "../proof/record";
import { awaitFileAgreement, type ServersAgreed } from "../servers/fileAgreement";
import { readReportsNow } from "../servers/reports";
import type { LiveConfiguration } from "../liveConfiguration";

/** No edit begins before every server runs with what the targets hold now: an earlier one may have been cut off. */
export async function awaitAgreementBeforeEdit(
  { decommissionedServers, recordIn }: RotationInputs,
  work: PhaseWork,
  live: LiveConfiguration,
  known?: RotationRecord,
): Promise<ServersAgreed> {
  const record = async (): Promise<RotationRecord> => known ?? (await readRecordConfigMap(work.cluster, recordIn));
  if (live.text === "") {
    const reported = await readReportsNow(work.cluster, decommissionedServers, work);
    const lost = isFileMissing(live) ? whyFileLost(reported, await record()) : undefined;
    if (lost !== undefined) throw new UserError(lost);
    return { reported, evidence: [] };
  }
  const { sha256 } = live;
  const since = reportsBeforeRecordedWrite(await record(), sha256);
  if (since === undefined) {
    const reported = await readReportsNow(work.cluster, decommissionedServers, work);
    const isSilent = reported.servers.every(({ hash }) => hash === undefined);
    // Not our file, and nobody to ask: that they run with it is all that can be supposed.
    if (isSilent) return { reported, evidence: ["what they ran with before, API servers tell only from 1.34 on"] };
  }
  return awaitFileAgreement(work.cluster, { sha256, since, decommissioned: decommissionedServers }, work);
}
