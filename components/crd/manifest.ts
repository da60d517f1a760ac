import * as fs from "fs";
import * as path from "path";
import { LineCounter, parseAllDocuments, visit, type Document, type Scalar } from "yaml";
import { messageOf, UserError } from "../kubernetes/errors";
import { integerOf } from "../kubernetes/json";
import type { Problem } from "../kubernetes/problem";
import { checkManifest } from "./checks";
import type { Definition } from "./definition";
import { FIELD_MANAGER } from "./names";

/** Forty versions that share their parts by anchors have many; a document that grows without end has thousands. */
const MAX_ALIASES = 2_000;

/**
 * Reads one CustomResourceDefinition from a YAML or JSON file.
 *
 * @param name metadata.name of the wanted document; needed only where the file holds several CRDs
 * @throws UserError naming the file and the line for YAML that does not parse, and what was found for anything else
 */
export function readManifest(file: string, name?: string): Definition {
  const where = path.relative(process.cwd(), path.resolve(file)) || file;
  const documents = parseDocuments(readText(file, where), where);
  const found = documents.filter(isDefinition);
  const wanted = name === undefined ? found : found.filter((document) => document.metadata?.name === name);
  const [only] = wanted;
  if (wanted.length === 1 && only !== undefined) return checkedManifest(only, where);
  throw new UserError(describeChoice(where, documents, found, name));
}

/** The manifest as given, once every check on it alone has passed. */
export function checkedManifest(manifest: unknown, where: string): Definition {
  const problems = checkManifest(manifest);
  if (problems.length > 0) throw new UserError(problems.map((problem) => `${where}: ${problem}`).join("\n"));
  return withoutServerFields(manifest as Definition);
}

function readText(file: string, where: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UserError({
      what: `${where}: cannot be read (${code})`,
      expected: "a file with a CustomResourceDefinition",
      next: `check \`file\`, which is relative to ${process.cwd()}`,
    });
  }
}

function parseDocuments(text: string, where: string): unknown[] {
  const lineCounter = new LineCounter();
  // As kubectl reads it: with merge keys (`<<`), and no integer rounded.
  const documents = parseAllDocuments(text, { lineCounter, prettyErrors: false, merge: true, intAsBigInt: true });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      throw new UserError(
        `${where}:${line}:${col}: not valid YAML: ${error.message}; correct this line and preview again`,
      );
    }
    const unsure = firstAmbiguous(document);
    if (unsure !== undefined) {
      const { line, col } = lineCounter.linePos(unsure.range?.[0] ?? 0);
      throw new UserError({
        what: `${where}:${line}:${col}: ${unsure.source} without quotes is text here and a boolean to kubectl`,
        expected: "one meaning",
        next: `write "${unsure.source}", true or false`,
      });
    }
    return toPlain(document, where);
  });
}

/** Booleans to YAML 1.1, which kubectl and controller-gen still read, and text to YAML 1.2: an enum or a key would change. */
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
    throw new UserError(`${where}: not valid YAML: ${messageOf(error)}; correct it and preview again`); // an alias without its anchor
  }
}

/** Users' own values, which are stored digit by digit; bounds are float64 to the API server. */
const EXACT = ["default", "enum", "example"];

function withPlainIntegers(value: unknown, exact = false): unknown {
  if (typeof value === "bigint") return exact ? integerOf(value) : Number(value);
  if (Array.isArray(value)) return value.map((item) => withPlainIntegers(item, exact));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, withPlainIntegers(child, exact || EXACT.includes(key))]),
  );
}

function isDefinition(document: unknown): document is Definition {
  return (document as Partial<Definition> | null)?.kind === "CustomResourceDefinition";
}

function describeChoice(where: string, documents: unknown[], found: Definition[], name: string | undefined): Problem {
  const names = found.map((document) => document.metadata?.name ?? "(unnamed)").sort();
  if (found.length === 0) {
    const kinds = documents.map((document) => String((document as Partial<Definition> | null)?.kind ?? "(no kind)"));
    return {
      what: `${where}: holds no CustomResourceDefinition, but ${kinds.join(", ") || "nothing"}`,
      expected: "a document with kind: CustomResourceDefinition",
      next: "point `file` at the CRD's manifest",
    };
  }
  if (name === undefined) {
    return {
      what: `${where}: holds ${found.length} CustomResourceDefinitions (${names.join(", ")})`,
      expected: "one",
      next: "pick it with `name`",
    };
  }
  return {
    what: `${where}: \`name\` is ${name}, found ${names.join(", ")}`,
    expected: "exactly one CRD of that metadata.name",
    next: "correct `name`",
  };
}

/** What `kubectl get -o yaml` adds is the server's, not the manifest's. */
function withoutServerFields(manifest: Definition): Definition {
  const { name, labels } = manifest.metadata;
  const annotations = Object.fromEntries(
    Object.entries(manifest.metadata.annotations ?? {}).filter(([key]) => !isRecord(key)),
  );
  return {
    apiVersion: manifest.apiVersion,
    kind: manifest.kind,
    metadata: { name, ...(!isEmpty(labels) && { labels }), ...(!isEmpty(annotations) && { annotations }) },
    spec: { ...withoutPlaceholder(manifest.spec), names: withoutEmpty(manifest.spec.names) },
  };
}

/** Scaffolds write `caBundle: Cg==`, a line end, beside the annotation by which cert-manager is to put the bundle there. */
function withoutPlaceholder(spec: Definition["spec"]): Definition["spec"] {
  const { webhook, ...conversion } = spec.conversion ?? { strategy: "" };
  const { caBundle, ...clientConfig } = webhook?.clientConfig ?? {};
  if (typeof caBundle !== "string" || Buffer.from(caBundle, "base64").toString("latin1").trim() !== "") return spec;
  return { ...spec, conversion: { ...conversion, webhook: { ...webhook, clientConfig } } };
}

/** The API server fills in a singular or listKind that is empty, and would be asked to empty it again at each run. */
function withoutEmpty(names: Definition["spec"]["names"]): Definition["spec"]["names"] {
  const filled = Object.entries(names).filter(([, value]) => value !== "" && value !== null);
  return Object.fromEntries(filled) as Definition["spec"]["names"];
}

/** An empty map, once applied, would make us co-owner of whatever others put into it. */
function isEmpty(map: Record<string, string> | undefined): map is undefined {
  return Object.keys(map ?? {}).length === 0;
}

/** Left on an exported CRD by us and by kubectl: records of what was, not wishes. */
function isRecord(annotation: string): boolean {
  return (
    annotation.startsWith(`${FIELD_MANAGER}/`) || annotation === "kubectl.kubernetes.io/last-applied-configuration"
  );
}
