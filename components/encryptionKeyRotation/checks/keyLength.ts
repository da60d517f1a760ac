import { keyBytesProblem } from "../configuration/keyBytes";
import type { Rotation } from "./rotation";
import { isCipher } from "../configuration/ciphers";

/** A key of a length its cipher does not take is refused by the API server, and a server that restarts stays down. */
export function keyLength({ desired, material }: Rotation): string[] {
  return [desired.write, ...desired.read].flatMap(({ kind, name }) => {
    const secret = Object.hasOwn(material, name) ? material[name] : undefined;
    if (!isCipher(kind) || secret === undefined) return [];
    const problem = keyBytesProblem(kind, secret);
    return problem === undefined ? [] : [`keys: secret of ${name}: ${problem}`];
  });
}
