import type { Schema } from "../../crd/definition";

/** What every object has, whatever its schema says. */
const IMPLIED = ["apiVersion", "kind", "metadata"];

/**
 * Fields of one version's schema that another version's schema would prune.
 *
 * With conversion None an object only changes its apiVersion, and what the target's schema does not know is dropped at
 * the next write: a migration would delete it from every object.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
export function prunedFields(from: Schema | undefined, to: Schema | undefined): string[] {
  return walk(from ?? {}, to ?? {}, "").sort();
}

function walk(from: Schema, to: Schema, path: string): string[] {
  if (path !== "" && changedType(from, to)) return [`${path} (${from.type} → ${to.type})`];
  // Below a node that keeps unknown fields, only what the target does describe can still lose something.
  const keepsUnknown = keepsUnknownFields(to);
  if (!keepsUnknown && keepsUnknownFields(from)) return [`${path || "."}* (unknown fields)`];
  const unknown = keepsUnknownFields(from) ? walkUnknown(from, to, path) : [];
  return [...unknown, ...walkProperties(from, to, path, keepsUnknown), ...walkValues(from, to, path, keepsUnknown)];
}

/** Both keep unknown fields, and what is one to the first may be a node that the second describes and prunes. */
function walkUnknown(from: Schema, to: Schema, path: string): string[] {
  const described = Object.entries(to.properties ?? {}).filter(([name]) => from.properties?.[name] === undefined);
  return described.flatMap(([name, child]) => {
    return isResource(to, path) && IMPLIED.includes(name) ? [] : prunedOfAnything(child, `${path}.${name}`);
  });
}

/** A scalar is kept or refused, but never pruned. */
function prunedOfAnything(to: Schema, path: string): string[] {
  if (keepsUnknownFields(to)) return walkUnknown({}, to, path);
  const values = asSchema(to.additionalProperties);
  if (values !== undefined) return prunedOfAnything(values, `${path}.*`);
  if (to.items !== undefined) return prunedOfAnything(to.items, `${path}[]`);
  return to.type === "object" || to.properties !== undefined ? [`${path}* (unknown fields)`] : [];
}

function walkProperties(from: Schema, to: Schema, path: string, keepsUnknown: boolean): string[] {
  return Object.entries(propertiesOf(from)).flatMap(([name, child]) => {
    if (isResource(to, path) && IMPLIED.includes(name)) return [];
    const here = `${path}.${name}`;
    const peer = to.properties?.[name] ?? asSchema(to.additionalProperties);
    if (peer === undefined) return keepsUnknown ? [] : [here];
    return walk(child, peer, here);
  });
}

function walkValues(from: Schema, to: Schema, path: string, keepsUnknown: boolean): string[] {
  const items = from.items !== undefined && to.items !== undefined ? walk(from.items, to.items, `${path}[]`) : [];
  const values = asSchema(from.additionalProperties);
  if (values === undefined) return items;
  const peer = asSchema(to.additionalProperties);
  if (peer !== undefined) return [...items, ...walk(values, peer, `${path}.*`)];
  return keepsUnknown ? items : [...items, `${path}.* (free keys)`];
}

/** An embedded resource keeps apiVersion, kind and metadata although its schema need not name them. */
function propertiesOf(schema: Schema): Record<string, Schema> {
  if (schema["x-kubernetes-embedded-resource"] !== true) return schema.properties ?? {};
  return { ...Object.fromEntries(IMPLIED.map((name) => [name, {}])), ...schema.properties };
}

function isResource(schema: Schema, path: string): boolean {
  return path === "" || schema["x-kubernetes-embedded-resource"] === true;
}

function keepsUnknownFields(schema: Schema): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true;
}

/** `additionalProperties: true` and `{}` both mean any value. */
function asSchema(value: Schema | boolean | undefined): Schema | undefined {
  if (value === true) return { "x-kubernetes-preserve-unknown-fields": true };
  return value === false ? undefined : value;
}

function changedType(from: Schema, to: Schema): boolean {
  if (from.type === undefined || to.type === undefined) return false;
  if (from.type === "integer" && to.type === "number") return false;
  return from.type !== to.type;
}
