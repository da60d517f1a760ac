import { describeProblem } from "../../kubernetes/problem";
import { sameBytes } from "../configuration/keyBytes";
import { keyEntriesOf } from "../configuration/keyEntries";
import { keyLabel, sameKey } from "../configuration/keyNames";
import { ourProviders } from "../desiredKeys";
import type { Rotation } from "./rotation";

/** One name with two keys in the file: which of them wrote an object cannot be told, and we would keep one. */
export function oneNameOneKey({ live, desired }: Rotation): string[] {
  const atoms = keyEntriesOf(ourProviders(desired, live));
  const two = atoms.flatMap((atom, index) => {
    if (!("key" in atom)) return [];
    const other = atoms.find((each, at) => at < index && sameKey(each, atom));
    return other !== undefined && "key" in other && !sameBytes(other.key.secret, atom.key.secret)
      ? [keyLabel(atom)]
      : [];
  });
  return [...new Set(two)].sort().map((name) =>
    describeProblem({
      what: `${name}: the file holds two keys of this name for ${desired.resources.join(", ")}`,
      expected: "one",
      next: "rotate these resources apart, or rotate away from that name by hand first",
    }),
  );
}
