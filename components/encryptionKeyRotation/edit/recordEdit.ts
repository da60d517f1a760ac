import type { LiveConfiguration } from "../liveConfiguration";
import type { Reported } from "../servers/reports";
import type { RotationInputs } from "../inputs";
import type { PhaseWork } from "../../provider/phaseLogic";
import type { Order } from "./undoEdit";
import { recordWriteInConfigMap } from "../proof/recordConfigMap";
import { isEffectiveWriteKeyKept } from "../configuration/effectiveKeys";

export interface Write {
  before: LiveConfiguration;
  after: LiveConfiguration;
  /** What the servers reported just before it. */
  since: Reported;
}

/** Proofs hold on under the next file where what writes a resource stays the same. */
export function recordEdit(
  { recordIn }: RotationInputs,
  { cluster }: PhaseWork,
  { before, after, since }: Write,
  order?: Order,
): Promise<void> {
  const note = { from: before.sha256, to: after.sha256, since, ...(order && { before: order }) };
  return recordWriteInConfigMap(cluster, recordIn, note, (resource) =>
    isEffectiveWriteKeyKept(before.configuration, after.configuration, resource),
  );
}
