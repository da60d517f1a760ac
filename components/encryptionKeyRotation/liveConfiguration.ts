import type { EncryptionConfiguration, Provider } from "./configuration/configuration";
import { type OpenTarget, readAllTargets } from "./targets";
import type { Cluster } from "../kubernetes/cluster";
import type { RotationInputs } from "./inputs";
import { readRecordConfigMap } from "./proof/recordConfigMap";
import { isRecordedWriteCutOff } from "./proof/record";
import { sha256OfText } from "./targets/text";
import { parseConfiguration } from "./configuration/parseConfiguration";
import type { DesiredKeys } from "./desiredKeys";
import { whyKeysNotFileless } from "./checks/filelessKeys";
import { UserError } from "../kubernetes/errors";

/** What every target holds. */
export interface LiveConfiguration {
  text: string;
  /** Hexadecimal, of the text's bytes. */
  sha256: string;
  configuration: EncryptionConfiguration;
  /** What some targets hold instead: a write of ours that was cut off. */
  cutOff?: string;
}

export async function readLiveConfiguration(
  targets: readonly OpenTarget[],
  cluster: Cluster,
  { recordIn, desired }: Pick<RotationInputs, "recordIn" | "desired">,
): Promise<LiveConfiguration> {
  if (targets.length === 0) return filelessConfiguration(desired);
  const ours = async (before: string, after: string): Promise<boolean> => {
    const { write } = await readRecordConfigMap(cluster, recordIn);
    return (
      write !== undefined && isRecordedWriteCutOff(write, { before: sha256OfText(before), after: sha256OfText(after) })
    );
  };
  const held = await readAllTargets(targets, ours);
  return { ...held, configuration: parseConfiguration(held.text, targets[0]?.name ?? "the targets") };
}

/** No target: by the user's word the file is as desired, and only key ids change behind it. */
function filelessConfiguration(desired: DesiredKeys): LiveConfiguration {
  const keys = [desired.write, ...desired.read];
  const problem = whyKeysNotFileless(keys);
  if (problem !== undefined) throw new UserError(problem);
  const providers = keys.flatMap((key): Provider[] => {
    if (key.kind !== "kms") return [];
    return [{ kind: "kms", version: "v2", name: key.name, endpoint: key.endpoint }];
  });
  return { text: "", sha256: NO_FILE, configuration: { entries: [{ resources: desired.resources, providers }] } };
}

/** Stands for the hash of a file that nobody can look at. */
export const NO_FILE = "";
