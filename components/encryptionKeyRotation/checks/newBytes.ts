import { atomsOf } from "../configuration/atoms";
import { sameBytes } from "../configuration/keyBytes";
import { label, sameKey } from "../configuration/keyNames";
import { ourProviders } from "../wanted";
import type { Rotation } from "./rotation";

/** A new name for old bytes rewrites every object, and whoever has the old key reads them all. */
export function newBytes({ live, wanted, material }: Rotation): string[] {
  const { write } = wanted;
  const secret = Object.hasOwn(material, write.name) ? material[write.name] : undefined;
  if (secret === undefined) return [];
  return atomsOf(ourProviders(wanted, live))
    .filter((atom) => "key" in atom && !sameKey(atom, write) && sameBytes(atom.key.secret, secret))
    .slice(0, 1)
    .map((atom) => `${label(write)} has the bytes of ${label(atom)}: whoever has that key reads what this one writes`);
}
