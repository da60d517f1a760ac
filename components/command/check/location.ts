import type { Definition, Schema } from "../../crd/definition";

type NodePath = (string | number)[];

/**
 * Where in the manifest a finding's path leads: `v1.spec.hosts[].name` is a node of v1's schema, `spec.scope` one of the CRD.
 * What is not there, such as a field that was removed, leads to the node above it.
 */
export function findLocation(definition: Definition, path: string): NodePath {
  const { versions } = definition.spec;
  const index = versions.findIndex(({ name }) => path === name || path.startsWith(`${name}.`));
  const version = versions[index];
  if (version === undefined) return path.split(".");
  const at: NodePath = ["spec", "versions", index];
  const below = path.slice(version.name.length);
  const [, key = ""] = /^\.([^.[]+)/.exec(below) ?? [];
  const schema = version.schema?.openAPIV3Schema ?? {};
  if (Object.hasOwn(version, key) && !Object.hasOwn(schema.properties ?? {}, key)) return [...at, key];
  return [...at, ...(below === "" ? [] : ["schema", "openAPIV3Schema", ...descend(schema, below)])];
}

/** A field's name may hold dots, so that the longest one that fits is meant. */
function descend(schema: Schema, path: string): NodePath {
  if (path.startsWith("[]") && schema.items !== undefined) {
    return ["items", ...descend(schema.items, path.slice("[]".length))];
  }
  const values = schema.additionalProperties;
  if (path.startsWith(".*") && typeof values === "object") {
    return ["additionalProperties", ...descend(values, path.slice(".*".length))];
  }
  const [name] = Object.keys(schema.properties ?? {})
    .filter((field) => new RegExp(`^${escapeRegExp(`.${field}`)}(?=$|\\.|\\[)`).test(path))
    .sort((left, right) => right.length - left.length);
  const child = name === undefined ? undefined : schema.properties?.[name];
  return name === undefined || child === undefined
    ? []
    : ["properties", name, ...descend(child, path.slice(name.length + 1))];
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
