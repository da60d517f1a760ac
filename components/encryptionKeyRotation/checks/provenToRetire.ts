import type { EncryptionConfiguration } from "../configuration/configuration";
import { label, sameKey } from "../configuration/keyNames";
import { keyOrder } from "../configuration/resources";
import { simulated } from "../stages";
import type { Wanted } from "../wanted";

/** A resource's record as the check needs it: only records that are valid for the live file. */
export interface ProvenFor {
  resource: string;
  /** label() of the key that every object was proven to be written with. */
  writeKey: string;
}

/**
 * Why retire may not take any key away yet: a key goes only when every object of every resource that it could have written is
 * proven to be written with the wanted one; what it alone can read would be lost, and every LIST of the resource with it. [] = it may.
 *
 * @param resources those in the cluster that the rotation reaches
 */
export function checkRetire(
  live: EncryptionConfiguration,
  wanted: Wanted,
  resources: readonly string[],
  validProofs: readonly ProvenFor[],
): string[] {
  const after = simulated("retire", live, wanted);
  return resources.flatMap((resource) => {
    const left = keyOrder(after, resource);
    const gone = keyOrder(live, resource).filter((key) => !left.some((each) => sameKey(each, key)));
    const proven = validProofs.some((each) => each.resource === resource && each.writeKey === label(wanted.write));
    if (gone.length === 0 || proven) return [];
    return [
      `${resource}: found no valid proof that every object is written with ${label(wanted.write)}; ` +
        `${gone.map(label).join(", ")} may still be needed and stays; run pulumi up again: migrate comes first`,
    ];
  });
}
