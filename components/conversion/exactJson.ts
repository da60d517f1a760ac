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

// A number comes after one of these; strings may look alike, which only costs the second look.
const MAY_HOLD_ONE = /(?:^|[:[,\s])(?:-?\d+[.eE]|-?\d{16}|-0)/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** @throws SyntaxError as JSON.parse */
export function parseExact(text: string): unknown {
  if (!MAY_HOLD_ONE.test(text)) return JSON.parse(text);
  let found = false;
  const replaced = text.replace(STRING_OR_NUMBER, (token) => {
    if (token.startsWith('"') || String(Number(token)) === token || !isNumber(token)) return token;
    found = true;
    return `"${MARK}${token}"`;
  });
  const value: unknown = JSON.parse(replaced);
  return found ? unmark(value) : value;
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
    if (plain !== found) Object.defineProperty(map, key, { value: plain, ...FIELD });
  }
  return value;
}

const FIELD = { writable: true, enumerable: true, configurable: true };
