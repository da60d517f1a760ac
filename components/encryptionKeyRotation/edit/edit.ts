import { waitForRequestsInFlight } from "../../migration/servers/inFlight";
import type { PhaseWork } from "../../provider/phaseLogic";
import { renderConfiguration, isRenderedAlike } from "../configuration/renderConfiguration";
import type { RotationInputs } from "../inputs";
import { recordLoadedInConfigMap, readRecordConfigMap } from "../proof/recordConfigMap";
import { awaitFileAgreement } from "../servers/fileAgreement";
import { ReloadFailed, reloadOrFail } from "../targets/reload";
import { readReportsNow, type Reported } from "../servers/reports";
import { configurationAtStage, type Stage } from "../stages";
import { sha256OfText } from "../targets/text";
import { withOpenTargets, writeAllTargets, type OpenTarget } from "../targets";
import { assertNotOvertaken, mayWriteUnder } from "./mayWrite";
import { repairTargets } from "./repairTargets";
import { resumeWrite } from "./resumeWrite";
import { rollBackFile } from "./rollBackFile";
import { keyOrdersToUndoTo } from "./undoEdit";
import type { LiveConfiguration } from "../liveConfiguration";
import { type Write, recordEdit } from "./recordEdit";

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
 * this file → the requests that began before are over. A file that one server rejects is rolled back from all.
 */
export async function edit(
  stage: Stage,
  inputs: RotationInputs,
  work: PhaseWork,
  material: Readonly<Record<string, string>> = {},
  gate: Gate = () => Promise.resolve(),
): Promise<Edited> {
  return withOpenTargets(inputs.targets, async (targets) => {
    const before = await repairTargets(inputs, work, targets);
    const configuration = configurationAtStage(stage, before.configuration, inputs.desired, material);
    const isNew = !isRenderedAlike(configuration, before.configuration);
    const { reported, evidence } = await resumeWrite(inputs, work, targets, before);
    if (!isNew) return { live: before, isNew, reported, evidence };
    await gate(before);
    const text = renderConfiguration(configuration);
    const after = { text, sha256: sha256OfText(text), configuration };
    // Looked at anew: a gate may have waited for minutes, and a restart before the write tells nothing of what is written.
    const since = await readReportsNow(work.cluster, inputs.decommissionedServers, work);
    const written = await write(inputs, work, targets, { before, after, since });
    await waitForRequestsInFlight(inputs.requestTimeoutSeconds, work);
    return { live: after, isNew, ...written };
  });
}

async function write(inputs: RotationInputs, work: PhaseWork, targets: OpenTarget[], { before, after, since }: Write) {
  const mayWrite = mayWriteUnder(work);
  await mayWrite();
  await recordEdit(
    inputs,
    work,
    { before, after, since },
    keyOrdersToUndoTo(before.configuration, inputs.desired.resources),
  );
  work.report(`writing ${targets.map(({ name }) => name).join(", ")}`);
  await writeAllTargets(targets, { from: before.text, to: after.text }, mayWrite);
  await assertNotOvertaken(work, targets);
  try {
    await reloadOrFail(targets);
    const loaded = await awaitFileAgreement(
      work.cluster,
      { sha256: after.sha256, since, decommissioned: inputs.decommissionedServers },
      work,
    );
    await recordLoadedInConfigMap(
      work.cluster,
      inputs.recordIn,
      await readRecordConfigMap(work.cluster, inputs.recordIn),
      after.sha256,
    );
    return loaded;
  } catch (error) {
    if (!(error instanceof ReloadFailed)) throw error;
    throw await rollBackFile(inputs, work, targets, { before, after, since }, error);
  }
}
