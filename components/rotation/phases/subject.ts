import { createHash } from "crypto";
import { parseConfiguration, type EncryptionConfiguration } from "../../encryption/configuration";
import { label } from "../../encryption/keyNames";
import { keyOrder } from "../../encryption/resources";
import { readAll, withTargets, type OpenTarget, type TargetArgs } from "../../encryption/targets";
import type { Wanted } from "../../encryption/wanted";
import type { Subject } from "../../phases/subject";
import type { RotationInputs, RotationOutputs } from "./facets";

/** What every target holds. */
export interface LiveConfiguration {
  text: string;
  /** Hexadecimal, of the text's bytes. */
  sha256: string;
  configuration: EncryptionConfiguration;
}

/** EncryptionKeyRotation: one EncryptionConfiguration, the same in every target. */
export const rotationSubject: Subject<RotationInputs, LiveConfiguration> = {
  key: "rotation",
  first: "distribute",
  // One for the cluster, whatever the component is called: two would write the same file.
  lock: () => "encryption",
  read: (_cluster, { targets }) => readTargets(targets),
  inherited: () => ({}),
  another: () => Promise.resolve([]),
  standing: (live) => ({ configHash: hashOf(live) }),
  recorded: () => ({}),
};

export function readTargets(targets: readonly TargetArgs[]): Promise<LiveConfiguration> {
  return withTargets(targets, liveOf);
}

export async function liveOf(targets: readonly OpenTarget[]): Promise<LiveConfiguration> {
  const { text, sha256 } = await readAll(targets);
  return { text, sha256, configuration: parseConfiguration(text, targets[0]?.name ?? "the targets") };
}

/** As an API server reports it in its metrics. */
export function hashOf({ sha256 }: { sha256: string }): string {
  return `sha256:${sha256}`;
}

export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What a phase records. */
export function standingOf(live: LiveConfiguration, wanted: Wanted): Omit<RotationOutputs, "plan"> {
  return { configHash: hashOf(live), keyOrder: ordersOf(live.configuration, wanted.resources) };
}

/** Labels of the keys that read each of these resources or patterns, in the API servers' order. */
export function ordersOf(
  configuration: EncryptionConfiguration,
  resources: readonly string[],
): Record<string, string[]> {
  return Object.fromEntries(resources.map((resource) => [resource, keyOrder(configuration, resource).map(label)]));
}
