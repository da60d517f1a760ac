import { LineCounter, parseDocument, type SchemaOptions } from "yaml";
import { UserError } from "../../kubernetes/errors";
import { acceptedByApiServer } from "../checks/acceptedByApiServer";
import { boundedList } from "./bounded";
import type { EncryptionConfiguration, Entry, Key, Provider } from "./configuration";
import { API_VERSION, isCurrentConfigurationForm, isFormerConfigurationForm, KIND } from "./form";
import { CIPHERS, isCipher } from "./ciphers";

/**
 * What a target's file says; an empty text has no entries. As strict as the API server: what it refuses is refused here.
 *
 * @param where how to name the text in messages: `file /etc/kubernetes/enc/config.yaml`
 * @throws UserError naming the path, what was found (never a secret) and what was expected
 */
export function parseConfiguration(text: string, where: string): EncryptionConfiguration {
  if (text.trim() === "") return { entries: [] };
  const problems: string[] = [];
  const configuration = { entries: readRoot(readYaml(text, where), problems) };
  const refused = problems.length > 0 ? problems : acceptedByApiServer(configuration);
  if (refused.length === 0) return configuration;
  throw new UserError(
    `${where} is not an EncryptionConfiguration that the API server takes:${boundedList(refused)}\n  fix it by hand first`,
  );
}

/** The parser's own messages may quote the text, hence a key: only its code and the place are told. */
function readYaml(text: string, where: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, schema: "yaml-1.1", customTags: asGoReads });
  const error = document.errors[0];
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new UserError(
      `${where}: line ${line}, column ${col}: found ${error.code}; expected one YAML document of kind EncryptionConfiguration`,
    );
  }
  try {
    return document.toJS();
  } catch {
    throw new UserError(`${where}: found an alias to nothing or too many aliases; expected plain YAML`);
  }
}

/**
 * Plain scalars as the API server's parser takes them: `yes` is a boolean and `2026_11` a number, so neither is a key's name; `1:30` and
 * dates are text.
 */
const asGoReads: TagsOf = (tags) => [
  ...tags.filter((tag) => typeof tag === "string" || (tag.format !== "TIME" && !NOT_OF_GO.has(tag.tag))),
  "intOct",
];

const NOT_OF_GO = new Set(["tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge"]);

type TagsOf = Extract<SchemaOptions["customTags"], (...args: never[]) => unknown>;

function readRoot(root: unknown, problems: string[]): Entry[] {
  const { apiVersion, kind, resources } = fields(root, "(top level)", ["apiVersion", "kind", "resources"], problems);
  if (!isCurrentConfigurationForm({ apiVersion, kind }) && !isFormerConfigurationForm({ apiVersion, kind }))
    problems.push(`apiVersion, kind: expected ${API_VERSION}, ${KIND}`);
  const entries = list(resources, "resources", problems).map((entry, index) =>
    readEntry(entry, `resources[${index}]`, problems),
  );
  if (entries.length === 0 && problems.length === 0) problems.push("resources: found none; expected at least one");
  return entries;
}

function readEntry(entry: unknown, path: string, problems: string[]): Entry {
  const { resources, providers } = fields(entry, path, ["resources", "providers"], problems);
  return {
    resources: list(resources, `${path}.resources`, problems).map((each, index) =>
      text(each, `${path}.resources[${index}]`, problems),
    ),
    providers: list(providers, `${path}.providers`, problems).flatMap((each, index) =>
      readProvider(each, `${path}.providers[${index}]`, problems),
    ),
  };
}

const KINDS = [...CIPHERS, "identity", "kms"];

function readProvider(provider: unknown, path: string, problems: string[]): Provider[] {
  const found = fields(provider, path, KINDS, problems);
  const [kind, ...more] = KINDS.filter((each) => found[each] !== undefined && found[each] !== null);
  if (kind === undefined || more.length > 0) {
    const what = kind === undefined ? "none" : [kind, ...more].join(", ");
    problems.push(`${path}: found ${what}; expected exactly one of ${KINDS.join(", ")} (identity as identity: {})`);
    return [];
  }
  const value = found[kind];
  if (isCipher(kind)) {
    const { keys } = fields(value, `${path}.${kind}`, ["keys"], problems);
    const read = list(keys, `${path}.${kind}.keys`, problems);
    return [{ kind, keys: read.map((key, index) => readKey(key, `${path}.${kind}.keys[${index}]`, problems)) }];
  }
  if (kind === "kms") return [readKms(value, `${path}.kms`, problems)];
  fields(value, `${path}.identity`, [], problems);
  return [{ kind: "identity" }];
}

function readKey(key: unknown, path: string, problems: string[]): Key {
  const { name, secret } = fields(key, path, ["name", "secret"], problems);
  return { name: text(name, `${path}.name`, problems), secret: text(secret, `${path}.secret`, problems) };
}

function readKms(kms: unknown, path: string, problems: string[]): Provider {
  const known = ["apiVersion", "name", "endpoint", "timeout", "cachesize"];
  const { apiVersion, name, endpoint, timeout, cachesize } = fields(kms, path, known, problems);
  const version = apiVersion === "v2" ? "v2" : "v1";
  if (![undefined, null, "", "v1", "v2"].includes(apiVersion as string))
    problems.push(`${path}.apiVersion: expected v2 or v1`);
  if (![undefined, null].includes(cachesize as null) && !Number.isInteger(cachesize))
    problems.push(`${path}.cachesize: found ${typeName(cachesize)}; expected a whole number`);
  return {
    kind: "kms",
    version,
    name: text(name, `${path}.name`, problems),
    endpoint: text(endpoint, `${path}.endpoint`, problems),
    ...(timeout !== undefined && timeout !== null && { timeout: text(timeout, `${path}.timeout`, problems) }),
    ...(typeof cachesize === "number" && { cachesize }),
  };
}

/** The API server decodes strictly: a field it does not know is an error. */
function fields(value: unknown, path: string, known: readonly string[], problems: string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.push(`${path}: found ${typeName(value)}; expected ${known.join(", ") || "{}"}`);
    return {};
  }
  const found = value as Record<string, unknown>;
  const unknown = Object.keys(found).filter((key) => !known.includes(key));
  if (unknown.length > 0)
    problems.push(`${path}: found ${unknown.join(", ")}; expected only ${known.join(", ") || "nothing"}`);
  return found;
}

function list(value: unknown, path: string, problems: string[]): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value as unknown[];
  problems.push(`${path}: found ${typeName(value)}; expected a list`);
  return [];
}

function text(value: unknown, path: string, problems: string[]): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  problems.push(`${path}: found ${typeName(value)}; expected a string (in quotes)`);
  return "";
}

function typeName(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "a mapping" : `a ${typeof value}`;
}
