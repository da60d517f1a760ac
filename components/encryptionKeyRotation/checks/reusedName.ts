import { describeProblem } from "../../kubernetes/problem";
import { keyEntriesOf } from "../configuration/keyEntries";
import { labelKeyName } from "../configuration/keyNames";
import { providersOfDesiredResources } from "../desiredKeys";
import type { Rotation } from "./rotation";
import { isCipher } from "../configuration/ciphers";

/** One key under two ciphers is bad cryptography, and a plan that names it twice cannot be read: another cipher, another key. */
export function reusedName({ live, desired }: Rotation): string[] {
  const { write } = desired;
  const other = keyEntriesOf(providersOfDesiredResources(desired, live)).find(
    ({ kind, name }) => name === write.name && kind !== write.kind && write.kind !== "identity" && kind !== "identity",
  );
  if (other === undefined) return [];
  const keep = isCipher(other.kind) ? `cipher: "${other.kind}" to keep it, or ` : "";
  return [
    describeProblem({
      what: `${labelKeyName(write)}: the file holds this name as ${labelKeyName(other)}`,
      expected: "a name of its own for each cipher",
      next: `${keep}a new name in keys.write`,
    }),
  ];
}
