import { label } from "../configuration/keyNames";
import type { RotationRecord } from "../proof/record";
import type { Wanted } from "../wanted";

/** Since when the wanted write key is known to write, by its label: the oldest proof of objects under it. */
export function ages({ proofs }: RotationRecord, { write }: Wanted): Record<string, string> {
  const key = label(write);
  const [first] = Object.values(proofs)
    .filter(({ writeKey }) => writeKey === key)
    .map(({ at }) => at)
    .sort();
  return first === undefined ? {} : { [key]: first };
}
