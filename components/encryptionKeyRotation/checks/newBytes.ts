import { sameKeyBytes } from "../configuration/keyBytes";
import { keyEntriesOf } from "../configuration/keyEntries";
import { labelKeyName, isSameKeyName } from "../configuration/keyNames";
import { providersOfDesiredResources } from "../desiredKeys";
import type { Rotation } from "./rotation";

/** A new name for old bytes rewrites every object, and whoever has the old key reads them all. */
export function newBytes({ live, desired, material }: Rotation): string[] {
  const { write } = desired;
  const secret = Object.hasOwn(material, write.name) ? material[write.name] : undefined;
  if (secret === undefined) return [];
  return keyEntriesOf(providersOfDesiredResources(desired, live))
    .filter((atom) => "key" in atom && !isSameKeyName(atom, write) && sameKeyBytes(atom.key.secret, secret))
    .slice(0, 1)
    .map(
      (atom) =>
        `${labelKeyName(write)} has the bytes of ${labelKeyName(atom)}: whoever has that key reads what this one writes`,
    );
}
