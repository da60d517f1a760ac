import { isDeepStrictEqual } from "util";
import { storageVersion, type Definition, type DefinitionSpec } from "../../components/crd/definition";
import { FIELD_MANAGER } from "../../components/crd/names";
import type { ManagedFieldsEntry } from "../../components/kubernetes/api";

type Fields = Record<string, unknown>;

/**
 * What the API server makes of a server-side apply, as far as a plan reads it: fields that this manager owned and no longer
 * applies go, unless another one owns them too; the rest is merged; with force others lose what they own with another value; a
 * changed spec is a new generation; a new storage version joins storedVersions. e2e/serverSideApply compares it with the real one.
 */
export function applied(live: Definition | undefined, intent: Definition, manager = FIELD_MANAGER): Definition {
  const { metadata, spec } = intent;
  const before = live ?? { ...intent, metadata: { name: metadata.name }, spec: {} as DefinitionSpec };
  const mine = fieldsOf(setBy(intent));
  const changed = changedBy(before, intent);
  const others = losing(before, changed, (entry) => !isAppliedBy(manager)(entry));
  const owned = before.metadata.managedFields?.find(isAppliedBy(manager))?.fieldsV1 ?? {};
  const alone = others.reduce((fields, entry) => minus(fields, entry.fieldsV1 ?? {}), owned);
  const kept = without(before, alone) as unknown as Definition;
  const { labels: _, annotations: __, ...bare } = before.metadata;
  const after = {
    ...(live ?? intent),
    metadata: {
      ...bare,
      ...merged(settable(kept), settable(intent)),
      uid: before.metadata.uid ?? "uid-1",
      resourceVersion: String(Number(before.metadata.resourceVersion ?? "99") + 1),
      managedFields: [...others, { manager, operation: "Apply", fieldsV1: mine }],
    },
    // Versions that their only owner lets go of are gone, which the API server refuses.
    spec: defaulted({ versions: [], ...merged(kept.spec, spec) } as unknown as DefinitionSpec),
  };
  return counted(live, after);
}

/** Whether an apply without force is a conflict: somebody else owns a field to which it gives another value. */
export function conflicts(live: Definition, intent: Definition, manager = FIELD_MANAGER): boolean {
  const changed = changedBy(live, intent);
  const entries = live.metadata.managedFields ?? [];
  return entries.some(
    (entry) => !isAppliedBy(manager)(entry) && size(minus(entry.fieldsV1 ?? {}, changed)) < size(entry.fieldsV1 ?? {}),
  );
}

/** Whether the API server takes it, as far as managers who each apply a part of it may get it wrong. */
export function isValid({ spec, status }: Definition): boolean {
  const names = spec.versions.map(({ name }) => name);
  const { strategy, webhook } = spec.conversion ?? { strategy: "None" };
  const isWhole = webhook?.clientConfig?.url !== undefined && webhook.conversionReviewVersions !== undefined;
  return (
    spec.versions.filter(({ storage }) => storage).length === 1 &&
    (status?.storedVersions ?? []).every((name) => names.includes(name)) &&
    (strategy === "Webhook" ? isWhole : webhook === undefined)
  );
}

/** An edit by someone else, as `kubectl edit` makes it: what it changes is the editor's alone. */
export function editedByOther(live: Definition, spec: Partial<DefinitionSpec>, manager = "kubectl-edit"): Definition {
  const after = { ...live, spec: { ...live.spec, ...spec } };
  const changed = fieldsThatDiffer({ spec: live.spec }, { spec: after.spec });
  const isGone = minus(fieldsOf({ spec: live.spec }), fieldsOf({ spec: after.spec }));
  const isEditor = (entry: ManagedFieldsEntry): boolean => entry.manager === manager && entry.operation === "Update";
  const left = losing(live, merged(changed, isGone), () => true);
  const its = merged(left.find(isEditor)?.fieldsV1 ?? {}, changed);
  const entry = { manager, operation: "Update", fieldsV1: its };
  const managedFields = live.metadata.managedFields && [
    ...left.filter((each) => !isEditor(each)),
    ...(size(its) > 0 ? [entry] : []),
  ];
  const resourceVersion = String(Number(live.metadata.resourceVersion) + 1);
  const metadata = { ...live.metadata, resourceVersion, ...(managedFields && { managedFields }) };
  return counted(live, { ...after, metadata });
}

const isAppliedBy =
  (manager: string) =>
  (entry: ManagedFieldsEntry): boolean =>
    entry.manager === manager && entry.operation === "Apply";

/** The fields that an apply sets, by path. */
function setBy(intent: Definition): Fields {
  const metadata = settable(intent);
  return { ...(Object.keys(metadata).length > 0 && { metadata }), spec: intent.spec };
}

/** Those of them that have another value now, or none. */
function changedBy(live: Definition, intent: Definition): Fields {
  return fieldsThatDiffer({ metadata: settable(live), spec: live.spec }, setBy(intent));
}

/** The entries of those who lose these fields; who owns nothing else has none any more. */
function losing(live: Definition, lost: Fields, loses: (entry: ManagedFieldsEntry) => boolean): ManagedFieldsEntry[] {
  return (live.metadata.managedFields ?? []).filter(loses).flatMap((entry) => {
    if (entry.fieldsV1 === undefined) return [entry];
    const fieldsV1 = minus(entry.fieldsV1, lost);
    return size(fieldsV1) === 0 ? [] : [{ ...entry, fieldsV1 }];
  });
}

function counted(before: Definition | undefined, after: Definition): Definition {
  const known = before?.status?.storedVersions ?? [];
  const storage = storageVersion(after);
  const isNew = before === undefined || !isDeepStrictEqual(before.spec, after.spec);
  return {
    ...after,
    metadata: { ...after.metadata, generation: (before?.metadata.generation ?? 0) + (isNew ? 1 : 0) },
    status: { storedVersions: known.includes(storage) ? known : [...known, storage] },
  };
}

function settable({ metadata: { labels, annotations } }: Definition): Fields {
  const isAny = (map: object | undefined): boolean => map !== undefined && Object.keys(map).length > 0;
  return { ...(isAny(labels) && { labels }), ...(isAny(annotations) && { annotations }) };
}

function defaulted(spec: DefinitionSpec): DefinitionSpec {
  const { strategy = "None", webhook } = spec.conversion ?? {};
  const hasWebhook = webhook !== undefined && Object.keys(webhook).length > 0;
  return { ...spec, conversion: { strategy, ...(hasWebhook && { webhook }) } };
}

function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsOf(value: Fields): Fields {
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [`f:${key}`, isMap(child) ? fieldsOf(child) : {}]),
  );
}

function without(value: object, fields: Fields): Fields {
  const kept = Object.entries(value).flatMap(([key, child]): [string, unknown][] => {
    const below = fields[`f:${key}`];
    if (!isMap(below)) return [[key, child]];
    if (!isMap(child) || Object.keys(below).length === 0) return [];
    const rest = without(child, below);
    return Object.keys(rest).length === 0 ? [] : [[key, rest]];
  });
  return Object.fromEntries(kept);
}

function merged(under: object, over: object): Fields {
  const result: Fields = { ...under };
  for (const [key, child] of Object.entries(over)) {
    const there = result[key];
    result[key] = isMap(child) && isMap(there) ? merged(there, child) : child;
  }
  return result;
}

/** Of `after`, the leaves whose value is another one in `before`. */
function fieldsThatDiffer(before: object, after: object): Fields {
  const found = Object.entries(after).flatMap(([key, child]): [string, Fields][] => {
    const there = (before as Fields)[key];
    if (isMap(child)) {
      const below = fieldsThatDiffer(isMap(there) ? there : {}, child);
      return Object.keys(below).length === 0 ? [] : [[`f:${key}`, below]];
    }
    return child === undefined || isDeepStrictEqual(there, child) ? [] : [[`f:${key}`, {}]];
  });
  return Object.fromEntries(found);
}

/** Fields of the first that are not among the second. */
function minus(fields: Fields, others: Fields): Fields {
  const left = Object.entries(fields).flatMap(([key, below]): [string, unknown][] => {
    const other = others[key];
    if (!isMap(below) || !isMap(other)) return [[key, below]];
    if (Object.keys(below).length === 0) return [];
    const rest = minus(below, other);
    return Object.keys(rest).length === 0 ? [] : [[key, rest]];
  });
  return Object.fromEntries(left);
}

/** How many leaves. */
function size(fields: Fields): number {
  const children = Object.values(fields).filter(isMap);
  return children.reduce((sum, child) => sum + (Object.keys(child).length === 0 ? 1 : size(child)), 0);
}
