import type { PhaseWork } from "../../provider/phaseLogic";
import { parseConfiguration } from "../configuration/parseConfiguration";
import type { RotationInputs } from "../inputs";
import { recordWriteInConfigMap, readRecordConfigMap } from "../proof/recordConfigMap";
import { sha256OfText } from "../targets/text";
import { reloadAllTargets, restoreAllTargets, type OpenTarget } from "../targets";
import { isEffectiveWriteKeyKept } from "../configuration/effectiveKeys";
import { type LiveConfiguration, readLiveConfiguration } from "../liveConfiguration";
import { mayWriteUnder } from "./mayWrite";

/**
 * What the targets hold, after what a killed write has left on some of them is rolled back. What was there before reads everything that
 * the other can have written: no stage writes with a key before every server can read it.
 */
export async function repairTargets(
  inputs: RotationInputs,
  work: PhaseWork,
  targets: readonly OpenTarget[],
): Promise<LiveConfiguration> {
  const { cutOff, ...live } = await readLiveConfiguration(targets, work.cluster, inputs);
  if (cutOff === undefined) return live;
  const mayWrite = mayWriteUnder(work);
  await mayWrite();
  work.report("an earlier write was cut off: every target gets what was there before");
  const { write } = await readRecordConfigMap(work.cluster, inputs.recordIn);
  if (write !== undefined && write.since.restored !== true) {
    const other = parseConfiguration(cutOff, "the write that was cut off");
    const back = { from: sha256OfText(cutOff), to: live.sha256, since: write.since };
    await recordWriteInConfigMap(work.cluster, inputs.recordIn, back, (resource) =>
      isEffectiveWriteKeyKept(other, live.configuration, resource),
    );
  }
  await restoreAllTargets(targets, { from: cutOff, to: live.text }, mayWrite);
  await reloadAllTargets(targets);
  return live;
}
