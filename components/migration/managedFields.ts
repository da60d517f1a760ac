import { FIELD_MANAGER } from "../crd/names";
import type { ManagedFieldsEntry } from "../kubernetes/api";
import {
  type KubernetesObject,
  MetadataOnly,
  objectName,
  PatchType,
  type Resource,
  resourcePath,
} from "../kubernetes/api";
import type { Cluster } from "../kubernetes/cluster";
import { hasErrorStatus } from "../kubernetes/errors";
import type { Work } from "../kubernetes/report";
import { type ForEachResult, forEachObject } from "./rewrite/forEachObject";

const CONFLICTS = 5;

type Fields = Record<string, unknown>;

/**
 * managedFields with the entries of dropped apiVersions renamed; undefined when none named one.
 *
 * Entries that then are equal in manager, operation and subresource are merged: of two the API server silently discards
 * one, and another manager could take that one's fields without a conflict (tried on 1.37).
 */
export function managedFieldsWithoutVersions(
  entries: readonly ManagedFieldsEntry[],
  droppedAPIVersions: readonly string[],
  storageAPIVersion: string,
): ManagedFieldsEntry[] | undefined {
  const isDropped = ({ apiVersion }: ManagedFieldsEntry): boolean =>
    apiVersion !== undefined && droppedAPIVersions.includes(apiVersion);
  if (!entries.some(isDropped)) return undefined;
  const merged = new Map<string, ManagedFieldsEntry>();
  for (const entry of entries) {
    const renamed = isDropped(entry) ? { ...entry, apiVersion: storageAPIVersion } : entry;
    const { manager, operation, apiVersion, subresource } = renamed;
    const key = JSON.stringify([manager, operation, apiVersion, subresource]);
    const known = merged.get(key);
    merged.set(key, known === undefined ? renamed : mergeEntries(known, renamed));
  }
  return [...merged.values()];
}

function mergeEntries(first: ManagedFieldsEntry, second: ManagedFieldsEntry): ManagedFieldsEntry {
  const time = [first.time, second.time]
    .filter((each) => each !== undefined)
    .sort()
    .at(-1);
  return {
    ...first,
    ...(time !== undefined && { time }),
    fieldsV1: unionOfFields(first.fieldsV1 ?? {}, second.fieldsV1 ?? {}),
  };
}

/**
 * fieldsV1 is a set written as a tree: `{}` is a path that is in the set, a tree without "." one that only leads to others.
 * The two meet where one version's schema has as a whole (atomic, or preserved) what the other's takes apart.
 */
function unionOfFields(first: Fields, second: Fields): Fields {
  const union: Fields = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const known = union[key];
    union[key] = known === undefined ? value : unionBelow(known as Fields, value as Fields);
  }
  return union;
}

function unionBelow(first: Fields, second: Fields): Fields {
  const isLeaf = (fields: Fields): boolean => Object.keys(fields).length === 0;
  return { ...unionOfFields(first, second), ...(isLeaf(first) !== isLeaf(second) && { ".": {} }) };
}

/** Versions that entries are moved off: these, or all but the served ones. */
export type DroppedVersions = readonly string[] | { readonly allBut: readonly string[] };

export interface ManagedFieldsResult extends ForEachResult {
  readonly moved: number;
}

/**
 * Moves every object's managedFields off the dropped versions: server-side apply fails on an entry whose apiVersion the CRD
 * no longer has (https://github.com/kubernetes/kubernetes/issues/111937). After unserving them, or clients add new ones.
 *
 * @param resource at its storage version
 * @param skip objects that are not to be looked at
 */
export async function moveManagedFields(
  cluster: Cluster,
  resource: Resource,
  dropped: DroppedVersions,
  work: Work,
  skip: ReadonlySet<string> = new Set(),
): Promise<ManagedFieldsResult> {
  let moved = 0;
  const walked = await forEachObject(
    cluster,
    resource,
    async (listed) => {
      if (skip.has(objectName(listed))) return;
      if (await moveManagedFieldsOf(cluster, resource, listed, dropped, work)) moved++;
    },
    { ...work, doing: "moving managedFields of" },
  );
  return { ...walked, moved };
}

/** Of an object's entries, the apiVersions that are dropped. Those of other groups (a scale subresource) are none of ours. */
export function droppedVersionsInManagedFields(
  { metadata }: KubernetesObject,
  group: string,
  dropped: DroppedVersions,
): string[] {
  const prefix = `${group}/`;
  const isDropped = (version: string): boolean =>
    "allBut" in dropped ? !dropped.allBut.includes(version) : dropped.includes(version);
  const named = (metadata.managedFields ?? []).map(({ apiVersion = "" }) => apiVersion);
  return [...new Set(named)].filter((each) => each.startsWith(prefix) && isDropped(each.slice(prefix.length)));
}

/** One object's. @returns whether there was anything to move */
export async function moveManagedFieldsOf(
  cluster: Cluster,
  resource: Resource,
  listed: KubernetesObject,
  dropped: DroppedVersions,
  work: Work,
): Promise<boolean> {
  const path = resourcePath(resource, listed.metadata);
  let object = listed;
  for (let tried = 1; ; tried++) {
    const { managedFields = [], resourceVersion } = object.metadata;
    const renamed = managedFieldsWithoutVersions(
      managedFields,
      droppedVersionsInManagedFields(object, resource.group, dropped),
      `${resource.group}/${resource.version}`,
    );
    if (renamed === undefined) return false;
    try {
      // With the resourceVersion: someone else's entry added since would be lost otherwise.
      const body = { metadata: { resourceVersion, managedFields: renamed } };
      const query = { fieldManager: FIELD_MANAGER };
      const contentType = PatchType.merge;
      const { object: accept } = MetadataOnly;
      await cluster.call({ method: "PATCH", path, query, body, contentType, accept, signal: work.signal });
      return true;
    } catch (error) {
      if (!hasErrorStatus(error, 409) || tried === CONFLICTS) throw error;
      object = await cluster.call<KubernetesObject>({
        method: "GET",
        path,
        accept: MetadataOnly.object,
        signal: work.signal,
      });
    }
  }
}
