/**
 * JSON that keeps integers beyond 2^53: an int64 in someone's spec must neither change on its way through us nor hide a
 * conversion that rounds it. Node 20's JSON.parse turns 9007199254740993 into …992, and has no raw access to the source.
 *
 * Such an integer is held as a string that no API server can send: JSON text carries U+0000 only escaped, and Kubernetes'
 * own strings never begin with it.
 */
const MARK = "\u0000int:";
const MAY_HOLD_LARGE_INTEGER = /\d{16}/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
const LONG_INTEGER = /^-?\d{16,}$/;
/** https://pkg.go.dev/encoding/json#HTMLEscape */
const ESCAPED_BY_GO = /[<>&\u2028\u2029]/g;
const MARKED = /"\\u0000int:(-?\d+)"/g;

export function parseJson(text: string): unknown {
  if (!MAY_HOLD_LARGE_INTEGER.test(text)) return JSON.parse(text);
  return JSON.parse(
    text.replace(STRING_OR_NUMBER, (token) =>
      LONG_INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"\\u0000int:${token}"` : token,
    ),
  );
}

/** Written as Go writes it: the tests of a JSON patch compare text, and `<` is another text than its escape. */
export function stringifyJson(value: unknown): string {
  return withIntegers(JSON.stringify(value).replace(ESCAPED_BY_GO, escapeCharacter));
}

/** JSON for people: integers as they were written, `<` as itself. */
export function readableJson(value: unknown): string {
  return withIntegers(JSON.stringify(value));
}

function withIntegers(text: string): string {
  return text.includes("\\u0000int:") ? text.replace(MARKED, "$1") : text;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** An integer from elsewhere than JSON text (YAML), as `parseJson` would have read it. */
export function jsonIntegerOf(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : `${MARK}${value}`;
}

/** True for an integer that `parseJson` kept as it was written. */
export function isLargeJsonInteger(value: string): boolean {
  return value.startsWith(MARK);
}

export function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
