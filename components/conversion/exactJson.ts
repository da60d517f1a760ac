/**
 * JSON that keeps every number as it was written: a webhook returns whole objects, and JSON.parse turns 9007199254740993
 * into …992 and 1.0 into 1. Only numbers that a JavaScript number would not write back are held apart.
 */
export class ExactNumber {
  constructor(readonly text: string) {}

  toJSON(): string | number {
    if (!writing) return Number(this.text);
    marked = true;
    return MARK + this.text;
  }
}

// Unguessable, so that no string of a hostile object reads as a number. Never seen outside: whoever knew it could have any
// text of an object written into the answer as it is.
const MARK = `exact:${globalThis.crypto.randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, "g");
let writing = false;
let marked = false;

/** @throws SyntaxError as JSON.parse */
export function parseExact(text: string): unknown {
  const replaced = withMarks(text);
  return replaced === undefined ? JSON.parse(text) : unmark(JSON.parse(replaced));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;
/** So many digits alone are always written back as they came. */
const SAFE_DIGITS = 15;

/**
 * The text with each number that is held apart as a marked string, or undefined where there is none. One pass over the
 * characters: a regular expression over all tokens takes three times as long, and the parsing of a page is most of its
 * conversion. Text that is no JSON stays none.
 */
function withMarks(text: string): string | undefined {
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === MINUS || isDigit(code)) {
      const start = at;
      let digitsOnly = code !== MINUS;
      for (; at + 1 < text.length && inNumber(text.charCodeAt(at + 1)); at++) {
        digitsOnly &&= isDigit(text.charCodeAt(at + 1));
      }
      if (digitsOnly && at - start < SAFE_DIGITS) continue;
      const token = text.slice(start, at + 1);
      if (String(Number(token)) === token || !isNumber(token)) continue;
      parts.push(text.slice(copied, start), `"${MARK}${token}"`);
      copied = at + 1;
    }
  }
  return copied === 0 ? undefined : parts.join("") + text.slice(copied);
}

/** Where the string that begins at `start` has its closing quote; the end of the text if it has none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

/** A digit, or one of . e E + - */
function inNumber(code: number): boolean {
  return isDigit(code) || code === 0x2e || code === 0x65 || code === 0x45 || code === 0x2b || code === MINUS;
}

export function stringifyExact(value: unknown): string {
  marked = false;
  writing = true;
  try {
    const text = JSON.stringify(value);
    return marked ? text.replace(MARKED, "$1") : text;
  } finally {
    writing = false;
  }
}

function isNumber(token: string): boolean {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(token);
}

function unmark(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith(MARK) ? new ExactNumber(value.slice(MARK.length)) : value;
  if (typeof value !== "object" || value === null) return value;
  const map = value as Record<string, unknown>;
  for (const key of Object.keys(map)) {
    const found = map[key];
    const plain = unmark(found);
    // `__proto__` is a key like any other here, and assigning to it would not be.
    if (plain === found) continue;
    if (key === "__proto__") Object.defineProperty(map, key, { value: plain, ...FIELD });
    else map[key] = plain;
  }
  return value;
}

const FIELD = { writable: true, enumerable: true, configurable: true };
