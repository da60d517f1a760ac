import type { Schema } from "../crd/definition";
import { isEmbeddedResourceType } from "./schemaType";
import { IMPLIED, keepsUnknownFields, schemaOfFieldValues, schemaOfField } from "./schemaFields";

/** A place of one schema whose values another schema does not keep. */
export interface PrunedField {
  /** From the root: `.spec.hosts[].name`; "" is the root itself. */
  readonly path: string;
  /** Why, where the reason is not that the field is missing. */
  readonly reason?: string;
}

/**
 * Fields of one version's schema that another version's schema would prune.
 *
 * With conversion None an object only changes its apiVersion, and what the target's schema does not know is dropped at
 * the next write: a migration would delete it from every object.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
export function prunedFields(from: Schema | undefined, to: Schema | undefined): string[] {
  return prunedFieldsWithSchema(from, to).map(describePrunedField).sort();
}

/** True for two nodes of which neither loses anything to the other: they need not be walked. */
type IsSame = (from: Schema, to: Schema) => boolean;

/** The same as data, in the order of the schema. */
export function prunedFieldsWithSchema(
  from: Schema | undefined,
  to: Schema | undefined,
  isSame: IsSame = () => false,
): PrunedField[] {
  return walk(from ?? {}, to ?? {}, "", isSame);
}

const UNKNOWN_FIELDS = "unknown fields";

/** `.spec.port (string → integer)`. */
export function describePrunedField({ path, reason }: PrunedField): string {
  if (reason === undefined) return path;
  return reason === UNKNOWN_FIELDS ? `${path || "."}* (${reason})` : `${path} (${reason})`;
}

function walk(from: Schema, to: Schema, path: string, isSame: IsSame): PrunedField[] {
  if (isSame(from, to)) return [];
  if (path !== "" && changedType(from, to)) return [{ path, reason: `${from.type} → ${to.type}` }];
  // Below a node that keeps unknown fields, only what the target does describe can still lose something.
  if (!keepsUnknownFields(to) && keepsUnknownFields(from)) return [{ path, reason: UNKNOWN_FIELDS }];
  const unknown = keepsUnknownFields(from) ? walkUnknown(from, to, path) : [];
  return [...unknown, ...walkProperties(from, to, path, isSame), ...walkValues(from, to, path, isSame)];
}

/** Both keep unknown fields, and what is one to the first may be a node that the second describes and prunes. */
function walkUnknown(from: Schema, to: Schema, path: string): PrunedField[] {
  const described = Object.entries(to.properties ?? {}).filter(([name]) => schemaOfField(from, name) === undefined);
  const values = schemaOfFieldValues(from) === undefined ? schemaOfFieldValues(to) : undefined;
  return [
    ...described.flatMap(([name, child]) =>
      isResource(to, path) && IMPLIED.includes(name) ? [] : prunedOfAnything(child, `${path}.${name}`),
    ),
    ...(values === undefined ? [] : prunedOfAnything(values, `${path}.*`)),
  ];
}

/** A scalar is kept or refused, but never pruned. */
function prunedOfAnything(to: Schema, path: string): PrunedField[] {
  if (keepsUnknownFields(to)) return walkUnknown({}, to, path);
  const values = schemaOfFieldValues(to);
  if (values !== undefined) return prunedOfAnything(values, `${path}.*`);
  if (to.items !== undefined) return prunedOfAnything(to.items, `${path}[]`);
  return to.type === "object" || to.properties !== undefined ? [{ path, reason: UNKNOWN_FIELDS }] : [];
}

function walkProperties(from: Schema, to: Schema, path: string, isSame: IsSame): PrunedField[] {
  return Object.entries(propertiesOf(from)).flatMap(([name, child]) => {
    if (isResource(to, path) && IMPLIED.includes(name)) return [];
    const here = `${path}.${name}`;
    const peer = schemaOfField(to, name) ?? schemaOfFieldValues(to);
    if (peer === undefined) return keepsUnknownFields(to) ? [] : [{ path: here }];
    return walk(child, peer, here, isSame);
  });
}

function walkValues(from: Schema, to: Schema, path: string, isSame: IsSame): PrunedField[] {
  const items =
    from.items !== undefined && to.items !== undefined ? walk(from.items, to.items, `${path}[]`, isSame) : [];
  const values = schemaOfFieldValues(from);
  if (values === undefined) return items;
  const peer = schemaOfFieldValues(to);
  if (peer !== undefined) return [...items, ...walk(values, peer, `${path}.*`, isSame)];
  return keepsUnknownFields(to) ? items : [...items, { path: `${path}.*`, reason: "free keys" }];
}

/** An embedded resource keeps apiVersion, kind and metadata although its schema need not name them. */
function propertiesOf(schema: Schema): Record<string, Schema> {
  if (!isEmbeddedResourceType(schema)) return schema.properties ?? {};
  return { ...Object.fromEntries(IMPLIED.map((name) => [name, {}])), ...schema.properties };
}

function isResource(schema: Schema, path: string): boolean {
  return path === "" || isEmbeddedResourceType(schema);
}

function changedType(from: Schema, to: Schema): boolean {
  if (from.type === undefined || to.type === undefined) return false;
  if (from.type === "integer" && to.type === "number") return false;
  return from.type !== to.type;
}
