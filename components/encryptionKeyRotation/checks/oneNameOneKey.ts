import { atomsOf } from "../configuration/atoms";
import { sameBytes } from "../configuration/keyBytes";
import { label, sameKey } from "../configuration/keyNames";
import { ourProviders } from "../wanted";
import type { Rotation } from "./rotation";

/** One name with two keys in the file: which of them wrote an object cannot be told, and we would keep one. */
export function oneNameOneKey({ live, wanted }: Rotation): string[] {
  const atoms = atomsOf(ourProviders(wanted, live));
  const two = atoms.flatMap((atom, index) => {
    if (!("key" in atom)) return [];
    const other = atoms.find((each, at) => at < index && sameKey(each, atom));
    return other !== undefined && "key" in other && !sameBytes(other.key.secret, atom.key.secret) ? [label(atom)] : [];
  });
  return [...new Set(two)]
    .sort()
    .map(
      (name) =>
        `${name}: the file holds two keys of this name for ${wanted.resources.join(", ")}; expected one; ` +
        "rotate these resources apart, or rotate away from that name by hand first",
    );
}
