import type { EncryptionConfiguration } from "../configuration/configuration";
import { labelKeyName, isSameKeyName } from "../configuration/keyNames";
import { effectiveKeyOrder } from "../configuration/effectiveKeys";
import type { DesiredKeys } from "../desiredKeys";
import { simulateStages } from "../stages";

/** A resource's record as the check needs it: only records that are valid for the live file. */
export interface ProvenFor {
  resource: string;
  /** label() of the key that every object was proven to be written with. */
  writeKey: string;
}

/**
 * Why retire may not take any key away yet: a key goes only when every object of every resource that it could have written is
 * proven to be written with the desired one; what it alone can read would be lost, and every LIST of the resource with it. [] = it may.
 *
 * @param resources those in the cluster that the rotation reaches
 */
export function checkProvenToRetire(
  live: EncryptionConfiguration,
  desired: DesiredKeys,
  resources: readonly string[],
  validProofs: readonly ProvenFor[],
): string[] {
  const after = simulateStages("retire", live, desired);
  return resources.flatMap((resource) => {
    const left = effectiveKeyOrder(after, resource);
    const gone = effectiveKeyOrder(live, resource).filter((key) => !left.some((each) => isSameKeyName(each, key)));
    const proven = validProofs.some(
      (each) => each.resource === resource && each.writeKey === labelKeyName(desired.write),
    );
    if (gone.length === 0 || proven) return [];
    return [
      `${resource}: found no valid proof that every object is written with ${labelKeyName(desired.write)}; ` +
        `${gone.map(labelKeyName).join(", ")} may still be needed and stays; run \`pulumi up\` again: migrate comes first`,
    ];
  });
}
