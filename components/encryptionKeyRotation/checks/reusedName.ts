import { atomsOf } from "../configuration/atoms";
import { isCipher } from "../configuration/keyBytes";
import { label } from "../configuration/keyNames";
import { ourProviders } from "../wanted";
import type { Rotation } from "./rotation";

/** One key under two ciphers is bad cryptography, and a plan that names it twice cannot be read: another cipher, another key. */
export function reusedName({ live, wanted }: Rotation): string[] {
  const { write } = wanted;
  const other = atomsOf(ourProviders(wanted, live)).find(
    ({ kind, name }) => name === write.name && kind !== write.kind && write.kind !== "identity" && kind !== "identity",
  );
  if (other === undefined) return [];
  const keep = isCipher(other.kind) ? `cipher: "${other.kind}" to keep it, or ` : "";
  return [
    `${label(write)}: the file holds this name as ${label(other)}; expected a name of its own for each cipher; ` +
      `${keep}a new name in keys.write`,
  ];
}
