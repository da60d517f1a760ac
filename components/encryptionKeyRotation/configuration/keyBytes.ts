import { createHash } from "crypto";
import type { Cipher } from "./configuration";

/** Bytes of a key that the API server takes; we make keys of 32. */
const KEY_LENGTHS: Readonly<Record<Cipher, readonly number[]>> = {
  secretbox: [32],
  aescbc: [16, 24, 32],
  aesgcm: [16, 24, 32],
};

/** As Go's base64.StdEncoding reads it: line ends are skipped, padding is needed; undefined: it is none. */
export function keyBytes(secret: string): Buffer | undefined {
  const text = secret.replace(/[\r\n]/g, "");
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
  return isBase64 ? Buffer.from(text, "base64") : undefined;
}

/** What is wrong with a key's material, in words that say nothing of it. */
export function keyBytesProblem(cipher: Cipher, secret: string): string | undefined {
  const bytes = keyBytes(secret);
  const expected = `base64 of ${KEY_LENGTHS[cipher].join(", ").replace(/, (\d+)$/, " or $1")} bytes`;
  if (bytes === undefined) return `found something that is not base64; expected ${expected}`;
  if (KEY_LENGTHS[cipher].includes(bytes.length)) return undefined;
  return `found ${bytes.length} bytes; ${cipher} expects ${expected}`;
}

export function sameKeyBytes(left: string, right: string): boolean {
  const [one, other] = [keyBytes(left), keyBytes(right)];
  return one !== undefined && other !== undefined && one.equals(other);
}

/** By this a key's bytes are compared with an archived one's, which nobody needs to be shown: 32 random bytes cannot be found from it. */
export function digestKeyBytes(secret: string): string {
  return createHash("sha256")
    .update(keyBytes(secret) ?? secret)
    .digest("hex");
}
