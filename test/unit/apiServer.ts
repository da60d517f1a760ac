import { isDeepStrictEqual } from "util";
import { storageVersion, type Definition, type DefinitionSpec } from "../../components/crd/definition";
import { FIELD_MANAGER } from "../../components/crd/names";

type Fields = Record<string, unknown>;

/**
 * What the API server makes of our server-side apply, as far as a plan reads it: fields that we owned and no longer apply
 * go, the rest is merged; a changed spec is a new generation; a new storage version joins storedVersions.
 * e2e/serverSideApply compares it with the real one.
 */
export function applied(live: Definition | undefined, intent: Definition): Definition {
  const { metadata, spec } = intent;
  const entry = {
    manager: FIELD_MANAGER,
    operation: "Apply",
    fieldsV1: fieldsOf({ metadata: settable(intent), spec }),
  };
  const before = live ?? { ...intent, metadata: { name: metadata.name }, spec: {} as DefinitionSpec };
  const owned = live?.metadata.managedFields?.find(({ manager }) => manager === FIELD_MANAGER)?.fieldsV1 ?? {};
  const kept = without(before, owned) as unknown as Definition;
  const { labels: _, annotations: __, ...bare } = before.metadata;
  const after = {
    ...intent,
    metadata: {
      ...bare,
      ...merged(settable(kept), settable(intent)),
      uid: before.metadata.uid ?? "uid-1",
      resourceVersion: String(Number(before.metadata.resourceVersion ?? "99") + 1),
      managedFields: [...others(before), entry],
    },
    spec: defaulted(merged(kept.spec, spec) as DefinitionSpec),
  };
  return counted(live, after);
}

/** An edit by someone else, as `kubectl edit` makes it: whoever changes spec.versions takes it from us. */
export function editedByOther(live: Definition, spec: Partial<DefinitionSpec>): Definition {
  const managedFields = live.metadata.managedFields?.map((entry) =>
    spec.versions === undefined
      ? entry
      : { ...entry, fieldsV1: without(entry.fieldsV1 ?? {}, { "f:f:spec": { "f:f:versions": {} } }) },
  );
  const resourceVersion = String(Number(live.metadata.resourceVersion) + 1);
  const metadata = { ...live.metadata, resourceVersion, ...(managedFields && { managedFields }) };
  return counted(live, { ...live, metadata, spec: { ...live.spec, ...spec } });
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

function others(live: Definition) {
  return (live.metadata.managedFields ?? []).filter(({ manager }) => manager !== FIELD_MANAGER);
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
