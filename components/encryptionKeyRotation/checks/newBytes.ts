import { sameBytes } from "../configuration/keyBytes";
import { keyEntriesOf } from "../configuration/keyEntries";
import { keyLabel, sameKey } from "../configuration/keyNames";
import { ourProviders } from "../desiredKeys";
import type { Rotation } from "./rotation";

/** A new name for old bytes rewrites every object, and whoever has the old key reads them all. */
export function newBytes({ live, desired, material }: Rotation): string[] {
  const { write } = desired;
  const secret = Object.hasOwn(material, write.name) ? material[write.name] : undefined;
  if (secret === undefined) return [];
  return keyEntriesOf(ourProviders(desired, live))
    .filter((atom) => "key" in atom && !sameKey(atom, write) && sameBytes(atom.key.secret, secret))
    .slice(0, 1)
    .map(
      (atom) =>
        `${keyLabel(write)} has the bytes of ${keyLabel(atom)}: whoever has that key reads what this one writes`,
    );
}
