import { type LiveConfiguration, NO_FILE } from "./liveConfiguration";
import { fullReportHash } from "../kubernetes/encryptionReport";
import type { DesiredKeys } from "./desiredKeys";
import type { RotationOutputs } from "./inputs";
import type { EncryptionConfiguration } from "./configuration/configuration";
import { effectiveKeyOrder } from "./configuration/effectiveKeys";
import { labelKeyName } from "./configuration/keyNames";

export function outputHash(live: LiveConfiguration): string {
  return live.sha256 === NO_FILE ? "" : fullReportHash(live.sha256);
}

/** What a phase records. */
export function currentRotationOutputs(live: LiveConfiguration, desired: DesiredKeys): Omit<RotationOutputs, "plan"> {
  return { configHash: outputHash(live), keyOrder: currentOutputKeyOrders(live.configuration, desired.resources) };
}

/** Labels of the keys that read each of these resources or patterns, in the API servers' order. */
export function currentOutputKeyOrders(
  configuration: EncryptionConfiguration,
  resources: readonly string[],
): Record<string, string[]> {
  return Object.fromEntries(
    resources.map((resource) => [resource, effectiveKeyOrder(configuration, resource).map(labelKeyName)]),
  );
}
