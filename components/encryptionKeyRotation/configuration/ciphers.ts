import type { Cipher } from "./configuration";

export const CIPHERS: readonly Cipher[] = ["secretbox", "aescbc", "aesgcm"];

export function isCipher(text: unknown): text is Cipher {
  return CIPHERS.includes(text as Cipher);
}
