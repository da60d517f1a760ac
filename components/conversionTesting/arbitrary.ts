import fc from "fast-check";
import { reasonOfConversionError } from "../conversion/errors";
import { ExactNumber } from "../conversion/exactJson";
import { jsonValueAsText, isJsonMap, ownJsonField } from "../conversion/jsonValue";
import { INT_OR_STRING, KUBERNETES_OWN, PRESERVE_UNKNOWN, type SchemaNode } from "../conversion/schema";

export interface Generated {
  /** Fields may be missing at will, also required ones, as in server-side apply. */
  readonly partial: boolean;
  /** Arbitraries of the user's for some paths: "spec.hostPort", "spec.ports[].num". */
  readonly values: Readonly<Record<string, fc.Arbitrary<unknown>>>;
}

const MOST_ITEMS = 4;

/** Whatever the schema allows. CEL rules are not known here: what they forbid is left out with `values`. */
export function arbitraryValueOf(schema: SchemaNode, how: Generated, path = ""): fc.Arbitrary<unknown> {
  const given = ownJsonField(how.values, path) as fc.Arbitrary<unknown> | undefined;
  const plain = given ?? plainOf(schema, how, path);
  return schema.nullable === true ? fc.option(plain, { nil: null, freq: 6 }) : plain;
}

function plainOf(schema: SchemaNode, how: Generated, path: string): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema[INT_OR_STRING] === true) return fc.oneof(fc.integer(), fc.string());
  switch (schema.type) {
    case "string":
      return stringOf(schema, path);
    case "boolean":
      return fc.boolean();
    case "integer":
      return integerOf(schema);
    case "number":
      return numberOf(schema);
    case "array":
      return listOf(schema, how, path);
    case undefined:
    default:
      return objectOf(schema, how, path);
  }
}

/** Names that mean something in JavaScript, and texts that look like another type's. */
const ODD = [
  "",
  ":",
  "a:1",
  "a:b:2",
  "0",
  "true",
  "null",
  "constructor",
  "__proto__",
  "é",
  "\u0000",
  '"',
  "x".repeat(70),
];

/** Shrinks towards the first of them. */
const odd = fc.nat({ max: ODD.length - 1 }).map((index) => ODD[index] ?? "");

function stringOf(schema: SchemaNode, path: string): fc.Arbitrary<string> {
  const { minLength = 0, maxLength = 100 } = schema as { minLength?: number; maxLength?: number };
  const matches = (text: string): boolean => [...text].length >= minLength && [...text].length <= maxLength;
  switch (schema.format) {
    case "date-time":
      return fc.integer({ min: 0, max: 4e9 }).map((s) => new Date(s * 1000).toISOString().replace(".000", ""));
    case "date":
      return fc.integer({ min: 0, max: 40_000 }).map((d) => new Date(d * 864e5).toISOString().slice(0, 10));
    case "byte":
      return fc.base64String();
    case "uuid":
      return fc.uuid();
    case "ipv4":
      return fc.ipV4();
    case "ipv6":
      return fc.ipV6();
    case undefined:
    default:
  }
  if (typeof schema["pattern"] === "string") return matching(schema["pattern"], path).filter(matches);
  const any = fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 20) });
  return fc.oneof({ arbitrary: any, weight: 3 }, odd).filter(matches);
}

/** Kubernetes' patterns are RE2; most are JavaScript's too. */
function matching(pattern: string, path: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern));
  } catch (error) {
    throw new Error(
      `${path}: no strings can be made for its pattern ${pattern} (${reasonOfConversionError(error)}); give an arbitrary: values: { VERSION: { "${path}": … } }`,
    );
  }
}

interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
}

function integerOf(schema: SchemaNode): fc.Arbitrary<unknown> {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema as Bounds;
  const widest = schema.format === "int64" ? 2 ** 53 - 1 : 2 ** 31 - 1;
  const min = Math.ceil(minimum ?? -widest) + (exclusiveMinimum ? 1 : 0);
  const max = Math.floor(maximum ?? widest) - (exclusiveMaximum ? 1 : 0);
  const step = multipleOf ?? 1;
  const integer = fc.integer({ min: Math.ceil(min / step), max: Math.floor(max / step) }).map((n) => n * step);
  if (schema.format !== "int64" || maximum !== undefined || step !== 1) return integer;
  const large = fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).map((n) => new ExactNumber(n.toString()));
  return fc.oneof({ arbitrary: integer, weight: 3 }, large);
}

function numberOf(schema: SchemaNode): fc.Arbitrary<unknown> {
  const { minimum: min, maximum: max, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema as Bounds;
  if (multipleOf !== undefined) return integerOf({ ...schema, format: "int32" });
  const double = fc
    .double({
      ...(min !== undefined && { min, minExcluded: exclusiveMinimum === true }),
      ...(max !== undefined && { max, maxExcluded: exclusiveMaximum === true }),
      noNaN: true,
      noDefaultInfinity: true,
    })
    .map((n) => (n === 0 ? 0 : n));
  const spelled = fc.integer({
    min: Math.ceil(min ?? 0) + 1,
    max: Math.max(Math.floor(max ?? 1000) - 1, Math.ceil(min ?? 0) + 1),
  });
  return fc.oneof(
    { arbitrary: double, weight: 3 },
    spelled.map((n) => new ExactNumber(`${n}.0`)),
  );
}

function listOf(schema: SchemaNode, how: Generated, path: string): fc.Arbitrary<unknown> {
  const { minItems = 0, maxItems = MOST_ITEMS } = schema as { minItems?: number; maxItems?: number };
  const size = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, MOST_ITEMS)) };
  const element = arbitraryValueOf(schema.items ?? {}, how, `${path}[]`);
  const keys = schema["x-kubernetes-list-map-keys"];
  if (schema["x-kubernetes-list-type"] === "map" && Array.isArray(keys)) {
    const keyOf = (item: unknown) =>
      jsonValueAsText(keys.map((key) => (isJsonMap(item) ? ownJsonField(item, String(key)) : undefined) ?? null));
    return fc.uniqueArray(element, { ...size, selector: keyOf });
  }
  const unique = schema["x-kubernetes-list-type"] === "set" || schema["uniqueItems"] === true;
  return unique ? fc.uniqueArray(element, { ...size, selector: jsonValueAsText }) : fc.array(element, size);
}

function objectOf(schema: SchemaNode, how: Generated, path: string): fc.Arbitrary<unknown> {
  const under = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const properties = Object.entries(schema.properties ?? {}).filter(
    ([name]) => path !== "" || !KUBERNETES_OWN.includes(name),
  );
  const fields = Object.fromEntries(properties.map(([name, node]) => [name, arbitraryValueOf(node, how, under(name))]));
  const requiredKeys = how.partial ? [] : (schema.required ?? []).filter((name) => Object.hasOwn(fields, name));
  const described = fc.record(fields, { requiredKeys, noNullPrototype: true });
  if (schema.properties !== undefined) return described;
  const { minProperties = 0, maxProperties = 3 } = schema as { minProperties?: number; maxProperties?: number };
  const size = {
    minKeys: minProperties,
    maxKeys: Math.max(minProperties, Math.min(maxProperties, 3)),
    noNullPrototype: true,
  };
  if (typeof schema.additionalProperties === "object") {
    return fc.dictionary(fc.string(), arbitraryValueOf(schema.additionalProperties, how, `${path}[]`), size);
  }
  if (schema[PRESERVE_UNKNOWN] === true || schema.additionalProperties === true) {
    return fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }).map(withoutMinusZero), size);
  }
  return described;
}

function withoutMinusZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
