import { describeValue } from "../../compatibility/describeValue";
import { TEXTS } from "../../compatibility/withoutTexts";
import { canonicalText } from "../../crd/canonical";
import type { Schema } from "../../crd/definition";

/** What changed from one schema to another, for people. */
export interface SchemaChanges {
  /** `spec.host (string, required)`: the topmost only; what is in it is new as well. */
  readonly added: readonly FieldNote[];
  readonly removed: readonly FieldNote[];
  /** Limits, types, requirements. */
  readonly changed: readonly FieldNote[];
  readonly defaults: readonly FieldNote[];
}

export interface FieldNote {
  readonly path: string;
  readonly note: string;
}

interface Field {
  readonly path: string;
  readonly parent: string | undefined;
  readonly schema: Schema;
  readonly required: boolean;
}

type Fields = ReadonlyMap<string, Field>;

/** Said of the fields themselves, of their requirement or as their default. */
const ELSEWHERE = ["properties", "items", "additionalProperties", "required", "default"];

export function findSchemaChanges(old: Schema, next: Schema): SchemaChanges {
  const [before, after] = [fieldsOf(old), fieldsOf(next)];
  const [removed, added] = [missingFields(before, after), missingFields(after, before)];
  const both = [...before.values()].flatMap((field): [Field, Field][] => {
    const peer = after.get(field.path);
    return peer === undefined ? [] : [[field, peer]];
  });
  return {
    added: added.map((field) => ({ path: field.path, note: describeField(field) })),
    removed: removed.map((field) => ({
      path: field.path,
      note: `${typeOf(field.schema)}${maybeRenamed(field, added)}`,
    })),
    changed: both.flatMap(([one, other]) =>
      fieldNoteOf(one.path, [...keywordChanges(one, other), ...requirement(one, other)]),
    ),
    defaults: both.flatMap(([one, other]) => fieldNoteOf(one.path, defaultChange(one, other))),
  };
}

/** Every node by its path, sorted. */
function fieldsOf(root: Schema): Fields {
  const found: Field[] = [];
  const visit = (schema: Schema, path: string, parent: string | undefined, required: boolean): void => {
    found.push({ path, parent, schema, required });
    const below = path === "" ? "" : ".";
    const isRequired = (name: string): boolean =>
      Array.isArray(schema["required"]) && schema["required"].includes(name);
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      visit(child, `${path}${below}${name}`, path, isRequired(name));
    }
    if (schema.items !== undefined) visit(schema.items, `${path}[]`, path, false);
    if (typeof schema.additionalProperties === "object") {
      visit(schema.additionalProperties, `${path}${below}*`, path, false);
    }
  };
  visit(root, "", undefined, false);
  return new Map(found.sort((left, right) => (left.path < right.path ? -1 : 1)).map((field) => [field.path, field]));
}

/** The topmost fields of one that the other has not. */
function missingFields(from: Fields, other: Fields): Field[] {
  return [...from.values()].filter(({ path, parent }) => !other.has(path) && other.has(parent ?? ""));
}

function describeField({ schema, required }: Field): string {
  const fallback = schema["default"] === undefined ? [] : [`default ${describeValue(schema["default"])}`];
  return [typeOf(schema), ...(required ? ["required"] : []), ...fallback].join(", ");
}

function typeOf(schema: Schema): string {
  if (schema["x-kubernetes-int-or-string"] === true) return "integer or string";
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (typeof schema.additionalProperties === "object") return `map of ${typeOf(schema.additionalProperties)}`;
  return schema.type ?? "any";
}

/** The same type and the same words are a hint, and no more: no schema says what became of a field. */
function maybeRenamed({ schema }: Field, added: readonly Field[]): string {
  if (typeof schema["description"] !== "string") return "";
  const alike = added.filter((other) => canonicalText(other.schema) === canonicalText(schema));
  return alike.length === 1 ? `; maybe renamed to ${alike[0]?.path}: same type and description` : "";
}

function fieldNoteOf(path: string, notes: readonly string[]): FieldNote[] {
  return notes.length === 0 ? [] : [{ path: path === "" ? "(the object)" : path, note: notes.join(", ") }];
}

function keywordChanges({ schema: old }: Field, { schema: next }: Field): string[] {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])].sort();
  return keys
    .filter((key) => !ELSEWHERE.includes(key) && !TEXTS.includes(key))
    .filter((key) => canonicalText({ [key]: old[key] }) !== canonicalText({ [key]: next[key] }))
    .map((key) => (key === "enum" ? enumChange(old[key], next[key]) : describeKeywordChange(key, old[key], next[key])));
}

function describeKeywordChange(key: string, old: unknown, next: unknown): string {
  return `${key} ${describeValue(old)} → ${describeValue(next)}`;
}

function enumChange(old: unknown, next: unknown): string {
  if (!Array.isArray(old) || !Array.isArray(next)) return describeKeywordChange("enum", old, next);
  const without = (from: unknown[], other: unknown[]): string[] => {
    const known = other.map(canonicalText);
    return from.filter((value) => !known.includes(canonicalText(value))).map(describeValue);
  };
  const [removed, added] = [without(old, next), without(next, old)];
  const parts = [
    ...(added.length > 0 ? [`with ${added.join(", ")}`] : []),
    ...(removed.length > 0 ? [`without ${removed.join(", ")}`] : []),
  ];
  return `enum ${parts.join(", ") || "in another order"}`;
}

function requirement(old: Field, next: Field): string[] {
  if (old.required === next.required) return [];
  return [next.required ? "now required" : "no longer required"];
}

function defaultChange({ schema: old }: Field, { schema: next }: Field): string[] {
  const isSame = canonicalText({ default: old["default"] }) === canonicalText({ default: next["default"] });
  return isSame ? [] : [`${describeValue(old["default"])} → ${describeValue(next["default"])}`];
}

export function isEmptySchemaChanges(schema: SchemaChanges | undefined): boolean {
  if (schema === undefined) return true;
  return [schema.added, schema.removed, schema.changed, schema.defaults].every((notes) => notes.length === 0);
}
