import { describeProblem } from "../../kubernetes/problem";
import { sameKeyBytes } from "../configuration/keyBytes";
import { keyEntriesOf } from "../configuration/keyEntries";
import { labelKeyName, isSameKeyName } from "../configuration/keyNames";
import { providersOfDesiredResources } from "../desiredKeys";
import type { Rotation } from "./rotation";

/** One name with two keys in the file: which of them wrote an object cannot be told, and we would keep one. */
export function oneNameOneKey({ live, desired }: Rotation): string[] {
  const atoms = keyEntriesOf(providersOfDesiredResources(desired, live));
  const two = atoms.flatMap((atom, index) => {
    if (!("key" in atom)) return [];
    const other = atoms.find((each, at) => at < index && isSameKeyName(each, atom));
    return other !== undefined && "key" in other && !sameKeyBytes(other.key.secret, atom.key.secret)
      ? [labelKeyName(atom)]
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
