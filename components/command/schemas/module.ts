import type { Definition } from "../../crd/definition";

/** Texts that say nothing to a conversion. */
const TEXTS = ["description", "title", "example", "externalDocs"];

/**
 * The schemas of a CRD as a TypeScript module, for `defineConversion`: literal, so that paths and values have types.
 *
 * @param source what the schemas come from, for the first line
 */
export function schemaModule(crd: Definition, source: string): string {
  const versions = [...crd.spec.versions].sort((a, b) => compareVersions(a.name, b.name));
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

/** v1alpha1 < v1beta1 < v1 < v2alpha1 < v2: as they come to be, which is not the order in which the API server prefers them. */
function compareVersions(first: string, second: string): number {
  const [one, other] = [rank(first), rank(second)];
  return one.major - other.major || one.stage - other.stage || one.minor - other.minor || (first < second ? -1 : 1);
}

function rank(name: string): { major: number; stage: number; minor: number } {
  const found = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(name);
  const stage = found?.[2] === "alpha" ? 0 : found?.[2] === "beta" ? 1 : 2;
  return { major: Number(found?.[1] ?? 0), stage, minor: Number(found?.[3] ?? 0) };
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
