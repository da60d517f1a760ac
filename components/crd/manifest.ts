import * as path from "path";
import { UserError } from "../kubernetes/errors";
import type { Problem } from "../kubernetes/problem";
import { checkManifest } from "./checks/checkManifest";
import type { Definition } from "./definition";
import { parseDocuments, type ParsedDocument } from "./documents";
import { FIELD_MANAGER } from "./names";
import { readTexts } from "./sources/readTexts";
import { describeUnrendered } from "./sources/unrendered";

interface ReadDefinition {
  readonly value: Definition;
  readonly at: string;
}

/**
 * Reads one CustomResourceDefinition from a YAML or JSON file, a folder of them, or a chart.
 *
 * @param name metadata.name of the wanted document; needed only where there are several CRDs
 * @throws UserError naming the file and the line for YAML that does not parse, and what was found for anything else
 */
export function readManifest(file: string, name?: string): Definition {
  const where = path.relative(process.cwd(), path.resolve(file)) || file;
  const { texts, unrendered } = readTexts(where, {
    expected: "a file with a CustomResourceDefinition",
    next: `check \`file\`, which is relative to ${process.cwd()}`,
  });
  const read = texts.flatMap(({ text, name: at }) => parseDocuments(text, at).map(({ value }) => ({ value, at })));
  const found = read.filter((each): each is ReadDefinition => isDefinition(each.value));
  const wanted = name === undefined ? found : found.filter(({ value }) => value.metadata?.name === name);
  const [only] = wanted;
  if (wanted.length === 1 && only !== undefined) return checkedManifest(only.value, only.at);
  if (unrendered.length > 0 && wanted.length === 0) throw new UserError(describeUnrendered(where, unrendered, name));
  const values = read.map(({ value }) => value);
  throw new UserError(
    describeChoice(
      where,
      values,
      found.map(({ value }) => value),
      name,
    ),
  );
}

/** The manifest as given, once every check on it alone has passed. */
export function checkedManifest(manifest: unknown, where: string, check = checkManifest): Definition {
  const problems = check(manifest);
  if (problems.length > 0) throw new UserError(problems.map((problem) => `${where}: ${problem}`).join("\n"));
  return withoutServerFields(manifest as Definition);
}

/** A CRD as it stands in a text of several documents. */
export interface FoundManifest {
  readonly manifest: Definition;
  /** The line, from 1, of the node at this path of the manifest, or of the nearest one above it. */
  readonly lineOf: (path: readonly (string | number)[]) => number;
}

/**
 * Every CustomResourceDefinition of a YAML or JSON text; what `kubectl get crd -o yaml` lists counts one by one.
 *
 * @param check what each has to pass: its problems, as `checkManifest` says them
 * @returns the CRDs, and the kinds of all other documents
 * @throws UserError as readManifest
 */
export function readManifests(
  text: string,
  where: string,
  check: (manifest: unknown) => string[],
): { found: FoundManifest[]; others: string[] } {
  const documents = parseDocuments(text, where).flatMap(itemsOf);
  const [found, others] = [documents.filter((each) => isDefinition(each.value)), documents.filter(isOther)];
  return {
    found: found.map(({ value, lineOf }) => {
      const at = documents.length === 1 ? where : `${where}:${lineOf([])}`;
      return { manifest: checkedManifest(value, at, check), lineOf };
    }),
    others: others.map(({ value }) => kindOf(value)),
  };
}

/** The items of a List, each with its own lines. */
function itemsOf(document: ParsedDocument): ParsedDocument[] {
  const { kind, items } = (document.value ?? {}) as { kind?: unknown; items?: unknown };
  if (!/^(?:CustomResourceDefinition)?List$/.test(String(kind)) || !Array.isArray(items)) return [document];
  return items.map((value: unknown, index) => ({
    value,
    lineOf: (path) => document.lineOf(["items", index, ...path]),
  }));
}

/** Not an empty document, as between two `---`. */
function isOther({ value }: ParsedDocument): boolean {
  return value !== null && value !== undefined && !isDefinition(value);
}

function kindOf(document: unknown): string {
  const { kind } = (document ?? {}) as { kind?: unknown };
  return typeof kind === "string" ? kind : "(no kind)";
}

function isDefinition(document: unknown): document is Definition {
  return (document as Partial<Definition> | null)?.kind === "CustomResourceDefinition";
}

function describeChoice(where: string, documents: unknown[], found: Definition[], name: string | undefined): Problem {
  const names = found.map((document) => document.metadata?.name ?? "(unnamed)").sort();
  if (found.length === 0) {
    const kinds = documents.map(kindOf);
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
