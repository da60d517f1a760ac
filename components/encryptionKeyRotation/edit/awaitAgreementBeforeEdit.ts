import type { PhaseWork } from "../../provider/phaseLogic";
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
  { text, sha256 }: LiveConfiguration,
  known?: RotationRecord,
): Promise<ServersAgreed> {
  // Nothing there yet: no server can have loaded it.
  if (text === "") return { reported: await readReportsNow(work.cluster, decommissionedServers, work), evidence: [] };
  const since = reportsBeforeRecordedWrite(known ?? (await readRecordConfigMap(work.cluster, recordIn)), sha256);
  if (since === undefined) {
    const reported = await readReportsNow(work.cluster, decommissionedServers, work);
    const isSilent = reported.servers.every(({ hash }) => hash === undefined);
    // Not our file, and nobody to ask: that they run with it is all that can be supposed.
    if (isSilent) return { reported, evidence: ["what they ran with before, API servers tell only from 1.34 on"] };
  }
  return awaitFileAgreement(work.cluster, { sha256, since, decommissioned: decommissionedServers }, work);
}
