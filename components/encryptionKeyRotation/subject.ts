import type { Subject } from "../provider/subject";
import type { RotationInputs } from "./inputs";
import { withOpenTargets } from "./targets";
import { type LiveConfiguration, readLiveConfiguration } from "./liveConfiguration";
import { outputHash } from "./currentOutputs";

/** EncryptionKeyRotation: one EncryptionConfiguration, the same in every target. */
export const rotationSubject: Subject<RotationInputs, LiveConfiguration> = {
  key: "rotation",
  first: "distribute",
  // One for the cluster, whatever the component is called: two would write the same file.
  lock: () => "encryption",
  read: (cluster, inputs) =>
    withOpenTargets(inputs.targets, (targets) => readLiveConfiguration(targets, cluster, inputs)),
  inputsFromState: () => ({}),
  whyAnotherSubject: () => Promise.resolve([]),
  currentOutputs: (live) => ({ configHash: outputHash(live) }),
  outputsToKeep: () => ({}),
};
