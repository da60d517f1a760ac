import { describeProblem } from "../../kubernetes/problem";
import type { Definition, Schema } from "../definition";

/** https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.37/#customresourcedefinitionversion-v1-apiextensions-k8s-io */
const KEYS = [
  "additionalPrinterColumns",
  "deprecated",
  "deprecationWarning",
  "name",
  "schema",
  "selectableFields",
  "served",
  "storage",
  "subresources",
];
const TYPES = ["array", "boolean", "integer", "number", "object", "string"];
/** Below these stand fields by their names, each with a schema of its own. */
const BY_NAME = ["properties", "patternProperties", "definitions"];

/** What the API server would only say to `up`: a key it does not know, a boolean that is none, a type that is none. */
export function versionShape({ spec }: Definition): string[] {
  return spec.versions.flatMap((version, index) => {
    const at = `spec.versions[${index}] (${version.name})`;
    const unknown = Object.keys(version).filter((key) => !KEYS.includes(key));
    const flags = (["served", "storage"] as const).filter((key) => typeof version[key] !== "boolean");
    const schema = (version.schema ?? {}) as Record<string, unknown>;
    return [
      ...(unknown.length > 0
        ? [
            describeProblem({
              what: `${at} has ${unknown.join(", ")}`,
              expected: `only ${KEYS.join(", ")}`,
              next: "correct it",
            }),
          ]
        : []),
      ...flags.map((key) =>
        describeProblem({
          what: `${at}.${key} is ${JSON.stringify(version[key]) ?? "missing"}`,
          expected: "true or false",
          next: "set it",
        }),
      ),
      ...Object.keys(schema)
        .filter((key) => key !== "openAPIV3Schema")
        .map((key) =>
          describeProblem({ what: `${at}.schema has ${key}`, expected: "openAPIV3Schema", next: "correct the key" }),
        ),
      ...wrongTypes(schema["openAPIV3Schema"], "").map(([path, type]) =>
        describeProblem({
          what: `${at}: type of ${path || "the schema"} is ${type}`,
          expected: `one of ${TYPES.join(", ")}`,
          next: "correct it",
        }),
      ),
    ];
  });
}

function wrongTypes(schema: unknown, path: string): [path: string, type: string][] {
  if (typeof schema !== "object" || schema === null) return [];
  const { type } = schema as { type?: unknown };
  const isKnown = type === undefined || TYPES.some((known) => known === type);
  const own: [string, string][] = isKnown ? [] : [[path, JSON.stringify(type)]];
  return [...own, ...children(schema as Schema).flatMap(([name, child]) => wrongTypes(child, path + name))];
}

function children(schema: Schema): [path: string, schema: unknown][] {
  const named = BY_NAME.flatMap((key) =>
    Object.entries(schema[key] ?? {}).map(([name, child]): [string, unknown] => [`.${name}`, child]),
  );
  const lists = ["allOf", "anyOf", "oneOf"].flatMap((key) =>
    (Array.isArray(schema[key]) ? (schema[key] as unknown[]) : []).map((child): [string, unknown] => ["", child]),
  );
  return [...named, ...lists, ["[]", schema.items], ["{}", schema.additionalProperties], ["", schema["not"]]];
}
