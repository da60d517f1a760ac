import { createHash } from "crypto";
import { parse } from "yaml";

/** What two texts can differ in, without their secrets: one line for each entry, and a digest of each key's bytes by its label. */
export interface Outline {
  entries: string[];
  keys: Map<string, string>;
}

/** Tolerant: it serves to tell texts apart, whatever they are; what is right is decided by whoever parses them. */
export function outlineOf(text: string): Outline {
  const keys = new Map<string, string>();
  if (text.trim() === "") return { entries: ["nothing"], keys };
  let document: unknown;
  try {
    document = parse(text, { logLevel: "error" });
  } catch {
    return { entries: ["a text that is not YAML"], keys };
  }
  const { kind, resources } = record(document);
  if (!Array.isArray(resources)) return { entries: [`a document of kind ${word(kind)} without resources`], keys };
  return { entries: resources.map((entry) => describeEntry(record(entry), keys)), keys };
}

function describeEntry({ resources, providers }: Fields, keys: Map<string, string>): string {
  const names = Array.isArray(resources) ? resources.map(word).join(", ") : "?";
  const described = Array.isArray(providers) ? providers.map((each) => describeProvider(record(each), keys)) : [];
  return `${names}: ${described.join(", then ") || "no providers"}`;
}

function describeProvider(provider: Fields, keys: Map<string, string>): string {
  const [kind = "nothing"] = Object.keys(provider);
  const fields = record(provider[kind]);
  if (!Array.isArray(fields["keys"])) return kind === "kms" ? `kms ${word(fields["name"])}` : word(kind);
  const names = fields["keys"].map((each) => {
    const { name, secret } = record(each);
    keys.set(`${word(kind)}:${word(name)}`, createHash("sha256").update(String(secret)).digest("hex"));
    return word(name);
  });
  return `${word(kind)} [${names.join(", ")}]`;
}

/** How `other` differs from `first`, in words. */
export function describeOutlineDifference(first: string, other: string): string {
  const [left, right] = [outlineOf(first), outlineOf(other)];
  const changed = [...left.keys].filter(([label, digest]) => (right.keys.get(label) ?? digest) !== digest);
  if (changed.length > 0) {
    const labels = changed.map(([label]) => label).join(", ");
    return `${labels} ${changed.length === 1 ? "has" : "have"} other bytes under the same name`;
  }
  if (left.entries.join("\n") === right.entries.join("\n")) {
    return "the same keys in the same order, written otherwise (spacing, comments, the order of fields); the API servers compare bytes";
  }
  return "";
}

type Fields = Record<string, unknown>;

function record(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** A name as it stands there, if it can be one: a secret in the wrong place is none. */
function word(value: unknown): string {
  return typeof value === "string" && /^[\w.*/:-]{1,63}$/.test(value) && !/^[\w/-]{32,}$/.test(value) ? value : "?";
}
