import type { PhaseWork } from "../../provider/phaseLogic";
import { parseConfiguration } from "../configuration/parse";
import type { RotationInputs } from "../inputs";
import { recordWrite, readRecord } from "../proof/recordConfigMap";
import { isProofKept } from "../stages";
import { readLive, sha256Of, type LiveConfiguration } from "../subject";
import { reloadAll, restoreAll, type OpenTarget } from "../targets";

/**
 * What the targets hold, after what a killed write has left on some of them is rolled back. What was there before reads everything that
 * the other can have written: no stage writes with a key before every server can read it.
 */
export async function repairTargets(
  inputs: RotationInputs,
  work: PhaseWork,
  targets: readonly OpenTarget[],
): Promise<LiveConfiguration> {
  const { cutOff, ...live } = await readLive(targets, work.cluster, inputs);
  if (cutOff === undefined) return live;
  work.report("an earlier write was cut off: every target gets what was there before");
  const { write } = await readRecord(work.cluster, inputs.recordIn);
  if (write !== undefined && write.since.restored !== true) {
    const other = parseConfiguration(cutOff, "the write that was cut off");
    const back = { from: sha256Of(cutOff), to: live.sha256, since: write.since };
    await recordWrite(work.cluster, inputs.recordIn, back, (resource) =>
      isProofKept(other, live.configuration, resource),
    );
  }
  work.signal.throwIfAborted();
  await restoreAll(targets, live.text);
  await reloadAll(targets);
  return live;
}
