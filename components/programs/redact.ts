const LONGEST_MESSAGE = 400;
const HIDDEN = "[hidden]";

const SECRET_SHAPES = [
  /-----BEGIN [^-]+-----[\s\S]*?(-----END [^-]+-----|$)/g,
  // Base64 with its padding: every key of 16 or 32 bytes ends so.
  /[A-Za-z0-9+/_-]{20,}={1,2}/g,
  /\b[0-9a-fA-F]{32,}\b/g,
  // Base64 without padding (24 bytes), told from paths and words by its mixture.
  /(?=[A-Za-z0-9+/]*[0-9])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*[a-z])[A-Za-z0-9+/]{32,}/g,
];

/**
 * What a program said, fit for an error message: its last words, bounded, without what looks like key material and without any longer
 * word of the texts it was handling (`set -x`, a parser that quotes its input).
 */
export function redact(said: string, handled: readonly string[] = []): string {
  let text = said;
  for (const word of longWords(handled)) text = text.split(word).join(HIDDEN);
  for (const shape of SECRET_SHAPES) text = text.replace(shape, HIDDEN);
  const line = text.trim().replace(/\s*\n\s*/g, " | ");
  return line.length <= LONGEST_MESSAGE ? line : `…${line.slice(-LONGEST_MESSAGE)}`;
}

// Only values that could be keys: words of the format itself (`resources`, `secretbox`) are what makes a message useful.
function longWords(texts: readonly string[]): string[] {
  const words = texts.flatMap((text) => text.split(/[\s"',[\]{}]+/)).map((word) => word.replace(/=+$/, ""));
  return [...new Set(words)]
    .filter((word) => word.length >= 12 && !/^[a-z][A-Za-z.:/-]*$/.test(word))
    .sort((left, right) => right.length - left.length);
}
