import type { Definition } from "../../crd/definition";
import { compareVersionNames } from "../../crd/versionNames";

/** Texts that say nothing to a conversion. */
const TEXTS = ["description", "title", "example", "externalDocs"];

/**
 * The schemas of a CRD as a TypeScript module, for `defineConversion`: literal, so that paths and values have types.
 *
 * @param source what the schemas come from, for the first line
 */
export function renderSchemaModule(crd: Definition, source: string): string {
  const versions = [...crd.spec.versions].sort((a, b) => compareVersionNames(a.name, b.name));
  const schemas = versions.map(
    ({ name, schema }) => `  ${key(name)}: ${literal(schema?.openAPIV3Schema ?? {}, false, "  ")},\n`,
  );
  return [
    `// Written from ${source} by kubernetes-storage-migration schemas. Change that and run it again.`,
    `export const group = ${JSON.stringify(crd.spec.group)};`,
    `export const kind = ${JSON.stringify(crd.spec.names.kind)};`,
    "/** openAPIV3Schema of every version, from the oldest to the newest. */",
    `export const versions = {\n${schemas.join("")}} as const;\n`,
  ].join("\n");
}

/** @param named whether the keys are names of fields, which may well be `description` */
function literal(value: unknown, named: boolean, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[${value.map((element) => literal(element, false, indent)).join(", ")}]`;
  const fields = Object.entries(value).filter(([name]) => named || !TEXTS.includes(name));
  if (fields.length === 0) return "{}";
  const lines = fields.map(
    ([name, field]) => `${inner}${key(name)}: ${literal(field, !named && name === "properties", inner)},\n`,
  );
  return `{\n${lines.join("")}${indent}}`;
}

/** Computed, because `"__proto__": …` in a literal sets the prototype. */
function key(name: string): string {
  if (name === "__proto__") return `["__proto__"]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
