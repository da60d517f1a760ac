/**
 * JSON that keeps integers beyond 2^53: an int64 in someone's spec must neither change on its way through us nor hide a
 * conversion that rounds it. Node 20's JSON.parse turns 9007199254740993 into …992, and has no raw access to the source.
 *
 * Such an integer is held as a string with a mark. A string of an object's that begins with U+0000 itself gets another mark, and
 * loses it again where it is written: it is never taken for an integer. Keys are left as they are.
 */
const MARK = "\u0000int:";
const MAY_NEED_MARK = /\d{16}|"\\u0000/;
const NAME_STRING_OR_NUMBER = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*/g;
const LONG_INTEGER = /^-?\d{16,}$/;
/** https://pkg.go.dev/encoding/json#HTMLEscape */
const ESCAPED_BY_GO = /[<>&\u2028\u2029]/g;
/** Not within a string, where the quote is escaped, and no key. */
const MARKED = /(?<!\\)"\\u0000(?:int:(-?\d+)|string:((?:[^"\\]|\\.)*))"(?!:)/g;

export function parseJson(text: string): unknown {
  return JSON.parse(MAY_NEED_MARK.test(text) ? text.replace(NAME_STRING_OR_NUMBER, marked) : text);
}

function marked(token: string, string?: string, colon?: string): string {
  if (colon !== undefined) return token;
  if (string !== undefined) return string.startsWith('"\\u0000') ? `"\\u0000string:${string.slice(1)}` : string;
  return LONG_INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"\\u0000int:${token}"` : token;
}

/** Written as Go writes it: the tests of a JSON patch compare text, and `<` is another text than its escape. */
export function stringifyJson(value: unknown): string {
  return withoutMarks(JSON.stringify(value).replace(ESCAPED_BY_GO, escapeCharacter));
}

/** JSON for people: integers as they were written, `<` as itself. */
export function readableJson(value: unknown): string {
  return withoutMarks(JSON.stringify(value));
}

function withoutMarks(text: string): string {
  if (!text.includes('"\\u0000')) return text;
  return text.replace(MARKED, (_, integer?: string, string?: string) => integer ?? `"${string}"`);
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
