import { createHash } from "crypto";
import type { Cluster } from "../kubernetes/cluster";
import { UserError } from "../kubernetes/errors";
import type { Subject } from "../provider/subject";
import { whyNotFileless } from "./checks";
import type { EncryptionConfiguration, Provider } from "./configuration/configuration";
import { keyLabel } from "./configuration/keyNames";
import { parseConfiguration } from "./configuration/parse";
import { keyOrder } from "./configuration/resources";
import type { DesiredKeys } from "./desiredKeys";
import type { RotationInputs, RotationOutputs } from "./inputs";
import { isCutOff } from "./proof/record";
import { readRecord } from "./proof/recordConfigMap";
import { readAll, withTargets, type OpenTarget } from "./targets";

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
  read: (cluster, inputs) => withTargets(inputs.targets, (targets) => readLive(targets, cluster, inputs)),
  inputsFromState: () => ({}),
  whyAnotherSubject: () => Promise.resolve([]),
  currentOutputs: (live) => ({ configHash: outputHash(live) }),
  outputsToKeep: () => ({}),
};

export async function readLive(
  targets: readonly OpenTarget[],
  cluster: Cluster,
  { recordIn, desired }: Pick<RotationInputs, "recordIn" | "desired">,
): Promise<LiveConfiguration> {
  if (targets.length === 0) return filelessConfiguration(desired);
  const ours = async (before: string, after: string): Promise<boolean> => {
    const { write } = await readRecord(cluster, recordIn);
    return write !== undefined && isCutOff(write, { before: sha256Of(before), after: sha256Of(after) });
  };
  const held = await readAll(targets, ours);
  return { ...held, configuration: parseConfiguration(held.text, targets[0]?.name ?? "the targets") };
}

/** No target: by the user's word the file is as desired, and only key ids change behind it. */
function filelessConfiguration(desired: DesiredKeys): LiveConfiguration {
  const keys = [desired.write, ...desired.read];
  const problem = whyNotFileless(keys);
  if (problem !== undefined) throw new UserError(problem);
  const providers = keys.flatMap((key): Provider[] => {
    if (key.kind !== "kms") return [];
    return [{ kind: "kms", version: "v2", name: key.name, endpoint: key.endpoint }];
  });
  return { text: "", sha256: NO_FILE, configuration: { entries: [{ resources: desired.resources, providers }] } };
}

/** Stands for the hash of a file that nobody can look at. */
export const NO_FILE = "";

function outputHash(live: LiveConfiguration): string {
  return live.sha256 === NO_FILE ? "" : hashOf(live);
}

/** As an API server reports it in its metrics. */
export function hashOf({ sha256 }: { sha256: string }): string {
  return `sha256:${sha256}`;
}

export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What a phase records. */
export function outputsOf(live: LiveConfiguration, desired: DesiredKeys): Omit<RotationOutputs, "plan"> {
  return { configHash: outputHash(live), keyOrder: keyOrdersOf(live.configuration, desired.resources) };
}

/** Labels of the keys that read each of these resources or patterns, in the API servers' order. */
export function keyOrdersOf(
  configuration: EncryptionConfiguration,
  resources: readonly string[],
): Record<string, string[]> {
  return Object.fromEntries(resources.map((resource) => [resource, keyOrder(configuration, resource).map(keyLabel)]));
}
