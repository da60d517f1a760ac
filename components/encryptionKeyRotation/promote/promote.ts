import type { PhaseLogic } from "../../provider/phaseLogic";
import { edit } from "../edit/edit";
import type { PromoteInputs, RotationOutputs } from "../inputs";
import { planPromote } from "../plan";
import type { LiveConfiguration } from "../liveConfiguration";
import { currentRotationOutputs } from "../currentOutputs";

/** promote: the new key comes first, so that every server writes with it; each of them can read it since distribute. */
export const promote: PhaseLogic<PromoteInputs, RotationOutputs, LiveConfiguration> = {
  preview: ({ desired }, _cluster, { configuration }) => Promise.resolve({ plan: planPromote(configuration, desired) }),

  async run(inputs, work) {
    const { live, isNew, evidence } = await edit("promote", inputs, work);
    const what = isNew ? "every API server writes with it" : "it is the write key already";
    return { ...currentRotationOutputs(live, inputs.desired), summary: [what, ...evidence].join("; ") };
  },
};
