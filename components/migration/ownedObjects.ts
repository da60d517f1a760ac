import { storageVersion } from "../crd/definition";
import { FIELD_MANAGER } from "../crd/names";
import { readDefinitionByList } from "../crd/readDefinition";
import {
  type KubernetesObject,
  MetadataOnly,
  objectName,
  PatchType,
  type Resource,
  resourcePath,
} from "../kubernetes/api";
import { mayBeCrdName, qualifiedResourceName } from "../kubernetes/resourceNames";
import type { Cluster } from "../kubernetes/cluster";
import { hasErrorStatus, messageOfError, UnreachableError, UserError } from "../kubernetes/errors";
import { everyResource } from "../kubernetes/everyResource";
import type { Work } from "../kubernetes/report";
import {
  droppedOwnerReferences,
  type DroppedOwner,
  type OwnerReference,
  type OwnersFound,
  type Unsearched,
} from "./ownerReferences";
import { whatRewriteMayLose } from "./definition/convertsUnseen";
import { listPages } from "./rewrite/pages";

const AT_ONCE = 8;
const NAMED = 10;
const CONFLICTS = 5;
/** Other resources' caches are none of ours to wait long for. */
const INITIALIZING_SECONDS = 30;

type Visit = (resource: Resource, object: KubernetesObject) => Promise<void>;

/**
 * Looks through the metadata of every listable object of the cluster for owner references to versions that go. Pages of
 * metadata only, so memory stays flat and no secret's content leaves the server.
 */
export async function findOwnedObjects(cluster: Cluster, owner: DroppedOwner, work: Work): Promise<OwnersFound> {
  return searchOwned(cluster, owner, work, () => Promise.resolve());
}

/** Points every such reference at `apiVersion`. What could not be rewritten is in the next search's result. */
export async function rewriteOwnedObjects(
  cluster: Cluster,
  owner: DroppedOwner,
  apiVersion: string,
  work: Work,
): Promise<{ rewritten: number; failed: string[] }> {
  let rewritten = 0;
  const failed: string[] = [];
  const through = new Map<Resource, Promise<Resource>>();
  await searchOwned(cluster, owner, work, async (resource, object) => {
    try {
      const stored = through.get(resource) ?? throughStorageVersion(cluster, resource);
      through.set(resource, stored);
      if (await rewriteOwned(cluster, await stored, object, owner, apiVersion, work)) rewritten++;
    } catch (error) {
      if (work.signal.aborted || error instanceof UnreachableError) throw error;
      if (failed.length < NAMED) failed.push(`${nameOf(resource, object)}: ${messageOfError(error)}`);
    }
  });
  return { rewritten, failed };
}

async function searchOwned(cluster: Cluster, owner: DroppedOwner, work: Work, visit: Visit): Promise<OwnersFound> {
  const { listable, silent } = await everyResource(cluster, work.signal);
  const named = new Map<Resource, string[]>();
  const unsearched: Unsearched[] = silent.map((group) => ({
    resource: `*.${group}`,
    why: "its API server does not answer (discovery is stale)",
  }));
  let [found, done, next] = [0, 0, 0];
  const searchNext = async (): Promise<void> => {
    for (let resource = listable[next++]; resource !== undefined; resource = listable[next++]) {
      const names: string[] = [];
      named.set(resource, names);
      try {
        const here = await searchOwnedOf(cluster, resource, owner, work, names, visit);
        found += here; // not `+= await`, which would add to what it was before the wait
      } catch (error) {
        if (work.signal.aborted || error instanceof UnreachableError) throw error;
        unsearched.push({ resource: qualifiedResourceName(resource), why: whyNotSearched(error) });
      }
      work.report(`looking for owners at ${owner.apiVersions.join(", ")}: ${++done} of ${listable.length} resources`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, searchNext));
  return {
    found,
    // In the order of discovery, so that the same cluster gives the same ten.
    named: listable.flatMap((resource) => named.get(resource) ?? []).slice(0, NAMED),
    unsearched: unsearched.sort((left, right) => (left.resource < right.resource ? -1 : 1)),
  };
}

async function searchOwnedOf(
  cluster: Cluster,
  resource: Resource,
  owner: DroppedOwner,
  work: Work,
  names: string[],
  visit: Visit,
): Promise<number> {
  let found = 0;
  const quiet = { report: () => undefined, signal: work.signal };
  for await (const page of listPages(cluster, resource, {
    ...quiet,
    full: false,
    initializingSeconds: INITIALIZING_SECONDS,
  })) {
    for (const object of page.objects) {
      if (droppedOwnerReferences(referencesOf(object), owner).length === 0) continue;
      found++;
      if (names.length < NAMED) names.push(nameOf(resource, object));
      await visit(resource, object);
    }
  }
  return found;
}

/** A custom resource is written through its storage version: another may not know all of it, and would drop the rest. */
async function throughStorageVersion(cluster: Cluster, resource: Resource): Promise<Resource> {
  const name = qualifiedResourceName(resource);
  if (!mayBeCrdName(name)) return resource;
  const live = await readDefinitionByList(cluster, name);
  if (live === undefined) return resource;
  const lost = whatRewriteMayLose(live);
  if (lost !== undefined) throw new UserError({ what: `not rewritten: ${lost}` });
  return { ...resource, version: storageVersion(live) };
}

/** @returns false when there was nothing left to rewrite */
async function rewriteOwned(
  cluster: Cluster,
  resource: Resource,
  listed: KubernetesObject,
  owner: DroppedOwner,
  apiVersion: string,
  work: Work,
): Promise<boolean> {
  const path = resourcePath(resource, listed.metadata);
  let object: KubernetesObject | undefined = listed;
  for (let tried = 1; object !== undefined; tried++) {
    const indices = droppedOwnerReferences(referencesOf(object), owner);
    if (indices.length === 0) return false;
    try {
      await patchReferences(cluster, path, object, indices, apiVersion, work);
      return true;
    } catch (error) {
      if (hasErrorStatus(error, 404)) return false;
      if (!hasErrorStatus(error, 409, 422) || tried === CONFLICTS) throw error;
      const now = await readUnlessGone(cluster, path, work);
      if (now?.metadata.resourceVersion === object.metadata.resourceVersion) throw error; // not a lost race: it is this object's own
      object = now;
    }
  }
  return false;
}

/** An index is only right on exactly this object: whoever wrote it since, or made it anew, wins. */
async function patchReferences(
  cluster: Cluster,
  path: string,
  { metadata: { uid, resourceVersion } }: KubernetesObject,
  indices: readonly number[],
  apiVersion: string,
  { signal }: Work,
): Promise<void> {
  const references = indices.map((index) => `/metadata/ownerReferences/${index}/apiVersion`);
  const body = [
    { op: "test", path: "/metadata/uid", value: uid },
    { op: "test", path: "/metadata/resourceVersion", value: resourceVersion },
    ...references.map((reference) => ({ op: "replace", path: reference, value: apiVersion })),
  ];
  const query = { fieldManager: FIELD_MANAGER };
  const [contentType, accept] = [PatchType.json, MetadataOnly.object];
  await cluster.call({ method: "PATCH", path, query, body, contentType, accept, signal });
}

async function readUnlessGone(cluster: Cluster, path: string, { signal }: Work): Promise<KubernetesObject | undefined> {
  try {
    return await cluster.call<KubernetesObject>({ method: "GET", path, accept: MetadataOnly.object, signal });
  } catch (error) {
    if (hasErrorStatus(error, 404)) return undefined;
    throw error;
  }
}

function referencesOf(object: KubernetesObject): OwnerReference[] | undefined {
  return object.metadata["ownerReferences"] as OwnerReference[] | undefined;
}

function nameOf(resource: Resource, object: KubernetesObject): string {
  return `${qualifiedResourceName(resource)} ${objectName(object)}`;
}

function whyNotSearched(error: unknown): string {
  return hasErrorStatus(error, 403) ? "not allowed to list it (403)" : messageOfError(error);
}
