import type { RotationInput } from "../desiredKeys";
import { everyKey } from "./everyKey";
import { CIPHERS, isCipher } from "../configuration/ciphers";

/** The API server knows more names than these, but no other that keeps a key in the file. */
export function cipherKnown(args: RotationInput): string[] {
  const named = everyKey(args).flatMap(({ key, path }) =>
    typeof key === "object" && "cipher" in key && key.cipher !== undefined
      ? [[`${path}.cipher`, key.cipher] as const]
      : [],
  );
  const all = [...(args.cipher === undefined ? [] : [["cipher", args.cipher] as const]), ...named];
  return all.flatMap(([path, cipher]) =>
    isCipher(cipher) ? [] : [`${path}: found ${JSON.stringify(cipher)}; expected one of ${CIPHERS.join(", ")}`],
  );
}
