import { createHash } from "crypto";
import { parseConfiguration, type EncryptionConfiguration } from "../../encryption/configuration";
import { label } from "../../encryption/keyNames";
import { keyOrder } from "../../encryption/resources";
import { readAll, withTargets, type OpenTarget } from "../../encryption/targets";
import type { Wanted } from "../../encryption/wanted";
import type { Cluster } from "../../kubernetes/cluster";
import type { Subject } from "../../phases/subject";
import { isCutOff, readRecord } from "../record";
import type { RotationInputs, RotationOutputs } from "./facets";

/** What every target holds. */
export interface LiveConfiguration {
  text: string;
  /** Hexadecimal, of the text's bytes. */
  sha256: string;
  configuration: EncryptionConfiguration;
  /** What some targets hold instead: a write of ours that was cut off. */
  cutOff?: string;
}

/** EncryptionKeyRotation: one EncryptionConfiguration, the same in every target. */
export const rotationSubject: Subject<RotationInputs, LiveConfiguration> = {
  key: "rotation",
  first: "distribute",
  // One for the cluster, whatever the component is called: two would write the same file.
  lock: () => "encryption",
  read: (cluster, inputs) => withTargets(inputs.targets, (targets) => liveOf(targets, cluster, inputs)),
  inherited: () => ({}),
  another: () => Promise.resolve([]),
  standing: (live) => ({ configHash: hashOf(live) }),
};

export async function liveOf(
  targets: readonly OpenTarget[],
  cluster: Cluster,
  { recordIn }: Pick<RotationInputs, "recordIn">,
): Promise<LiveConfiguration> {
  const ours = async (before: string, after: string): Promise<boolean> => {
    const { write } = await readRecord(cluster, recordIn);
    return write !== undefined && isCutOff(write, { before: sha256Of(before), after: sha256Of(after) });
  };
  const held = await readAll(targets, ours);
  return { ...held, configuration: parseConfiguration(held.text, targets[0]?.name ?? "the targets") };
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
