import { isMap } from "../../kubernetes/json";
import { describeProblem } from "../../kubernetes/problem";
import { isLargeJsonInteger } from "../../kubernetes/json";
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
const LISTS = ["required", "enum", "allOf", "anyOf", "oneOf", "x-kubernetes-list-map-keys", "x-kubernetes-validations"];
const BOUNDS = [
  ...["maximum", "minimum", "multipleOf", "maxLength", "minLength"],
  ...["maxItems", "minItems", "maxProperties", "minProperties"],
];
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
      ...wrongKeywords(schema["openAPIV3Schema"], "").map(({ what, expected }) =>
        describeProblem({ what: `${at}: ${what}`, expected, next: "correct it" }),
      ),
    ];
  });
}

interface Wrong {
  readonly what: string;
  readonly expected: string;
}

/** Values that the API server cannot decode; null is to it as if the keyword was not there. */
function wrongKeywords(schema: unknown, path: string): Wrong[] {
  if (typeof schema !== "object" || schema === null) return [];
  const wrong = (keyword: string, value: unknown, expected: string): Wrong => ({
    what: `${keyword} of ${path || "the schema"} is ${JSON.stringify(value)}`,
    expected,
  });
  const given = Object.entries(schema).filter(([, value]) => value !== null && value !== undefined);
  const own = given.flatMap(([keyword, value]) => {
    if (keyword === "type" && !TYPES.some((known) => known === value)) {
      return [wrong(keyword, value, `one of ${TYPES.join(", ")}`)];
    }
    if (LISTS.includes(keyword) && !Array.isArray(value)) return [wrong(keyword, value, "a list")];
    if (BY_NAME.includes(keyword) && !isMap(value)) return [wrong(keyword, value, "a map of fields to schemas")];
    const isNumber = typeof value === "number" || (typeof value === "string" && isLargeJsonInteger(value));
    return BOUNDS.includes(keyword) && !isNumber ? [wrong(keyword, value, "a number")] : [];
  });
  const fields = BY_NAME.flatMap((key) => Object.entries((schema as Schema)[key] ?? {}));
  const empty = fields
    .filter(([, child]) => child === null)
    .map(([name]) => ({ what: `the schema of ${path}.${name} is null`, expected: "a schema with a type" }));
  return [
    ...own,
    ...empty,
    ...children(schema as Schema).flatMap(([name, child]) => wrongKeywords(child, path + name)),
  ];
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
