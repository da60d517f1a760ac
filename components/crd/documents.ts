import { isCollection, LineCounter, parseAllDocuments, visit, type Document, type Node, type Scalar } from "yaml";
import { messageOfError, UserError } from "../kubernetes/errors";
import { jsonIntegerOf } from "../kubernetes/json";

/** Forty versions that share their parts by anchors have many; a document that grows without end has thousands. */
const MAX_ALIASES = 2_000;

/** One document of a YAML or JSON text. */
export interface ParsedDocument {
  readonly value: unknown;
  /** The line, from 1, of the node at this path, or of the nearest one above it that is written there. */
  readonly lineOf: (path: readonly (string | number)[]) => number;
}

/**
 * Every document of a text, as kubectl reads it: with merge keys (`<<`), and no integer rounded.
 *
 * @param where names the text in errors
 * @throws UserError with the line of what is no YAML, or means one thing here and another to kubectl
 */
export function parseDocuments(text: string, where: string): ParsedDocument[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, prettyErrors: false, merge: true, intAsBigInt: true });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      throw new UserError(`${where}:${line}:${col}: not valid YAML: ${error.message}; correct this line and try again`);
    }
    refuseTemplate(document, lineCounter, where);
    refuseAmbiguous(document, lineCounter, where);
    const value = toPlain(document, where);
    return { value, lineOf: (path) => lineCounter.linePos(offsetOf(document, path)).line };
  });
}

/** `{{ .Values.name }}` is valid YAML: a map whose key is a map. */
function refuseTemplate(document: Document, lineCounter: LineCounter, where: string): void {
  visit(document, {
    Pair(_key, { key }) {
      if (!isCollection(key)) return;
      const { line, col } = lineCounter.linePos(key.range?.[0] ?? 0);
      throw new UserError({
        what: `${where}:${line}:${col}: a key is a map or a list, as in a template`,
        expected: "YAML as kubectl takes it",
        next: "render the template first, for example with `helm template --include-crds`",
      });
    },
  });
}

/** Booleans to YAML 1.1, which kubectl and controller-gen still read, and text to YAML 1.2: an enum or a key would change. */
function refuseAmbiguous(document: Document, lineCounter: LineCounter, where: string): void {
  const unsure = firstAmbiguous(document);
  if (unsure === undefined) return;
  const { line, col } = lineCounter.linePos(unsure.range?.[0] ?? 0);
  throw new UserError({
    what: `${where}:${line}:${col}: ${unsure.source} without quotes is text here and a boolean to kubectl`,
    expected: "one meaning",
    next: `write "${unsure.source}", true or false`,
  });
}

function firstAmbiguous(document: Document): Scalar | undefined {
  let found: Scalar | undefined;
  visit(document, {
    Scalar(_key, scalar) {
      if (scalar.type !== "PLAIN" || typeof scalar.value !== "string") return undefined;
      if (!/^(?:y|n|yes|no|on|off)$/i.test(scalar.value)) return undefined;
      found = scalar;
      return visit.BREAK;
    },
  });
  return found;
}

function toPlain(document: Document, where: string): unknown {
  try {
    return withPlainIntegers(document.toJS({ maxAliasCount: MAX_ALIASES }));
  } catch (error) {
    throw new UserError(`${where}: not valid YAML: ${messageOfError(error)}; correct it and try again`); // an alias without its anchor
  }
}

/** Users' own values, which are stored digit by digit; bounds are float64 to the API server. */
const EXACT = ["default", "enum", "example"];

function withPlainIntegers(value: unknown, exact = false): unknown {
  if (typeof value === "bigint") return exact ? jsonIntegerOf(value) : Number(value);
  if (Array.isArray(value)) return value.map((item) => withPlainIntegers(item, exact));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, withPlainIntegers(child, exact || EXACT.includes(key))]),
  );
}

/** What stands below an alias has its line at the anchor. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as Node | undefined;
    const offset = node?.range?.[0];
    if (offset !== undefined) return offset;
  }
  return document.contents?.range?.[0] ?? 0;
}
