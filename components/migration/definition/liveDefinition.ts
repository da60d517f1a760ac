import { isDeepStrictEqual } from "util";
import { type Definition, definitionPath } from "../../crd/definition";
import { FIELD_MANAGER } from "../../crd/names";
import { readDefinition } from "../../crd/readDefinition";
import { type ApiRequest, PatchType } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { type ApiError, hasErrorStatus, messageOfError, UserError } from "../../kubernetes/errors";

/** The live definition, where a phase cannot do without. */
export async function requireLiveDefinition(cluster: Cluster, name: string): Promise<Definition> {
  const live = await readDefinition(cluster, name);
  if (live !== undefined) return live;
  throw new UserError({
    what: `${name}: the CRD is not in the cluster`,
    expected: "the CRD that was there when this run began",
    why: "somebody deleted it during this run, and every object with it",
    next: "run `pulumi preview`: it says how to go on",
  });
}

/** Records something on the definition; refused when it moved since it was read. */
export function annotateLiveDefinition(
  cluster: Cluster,
  live: Definition,
  annotations: Record<string, string | null>,
): Promise<Definition> {
  return patchLiveDefinition(cluster, live, "", { annotations });
}

/** Sets status.storedVersions; refused when the definition moved since it was read. */
export function setStoredVersionsOfLiveDefinition(
  cluster: Cluster,
  live: Definition,
  versions: string[],
): Promise<Definition> {
  return patchLiveDefinition(cluster, live, "/status", {}, { status: { storedVersions: versions } });
}

/** A merge patch of the definition; refused when it moved since it was read. */
export function patchLiveDefinition(
  cluster: Cluster,
  live: Definition,
  subresource: string,
  metadata: object,
  rest: object = {},
): Promise<Definition> {
  const { name, resourceVersion } = live.metadata;
  return writeLiveDefinition(cluster, name, live, {
    method: "PATCH",
    path: `${definitionPath(name)}${subresource}`,
    query: { fieldManager: FIELD_MANAGER },
    contentType: PatchType.merge,
    body: { metadata: { ...metadata, resourceVersion }, ...rest },
  });
}

export type DefinitionWrite = ApiRequest & { readonly body: { readonly metadata: object } };

/** Sends one write of the definition. @throws UserError when it moved since it was read, or another manager owns a field */
export async function writeLiveDefinition(
  cluster: Cluster,
  name: string,
  live: Definition | undefined,
  request: DefinitionWrite,
): Promise<Definition> {
  try {
    return await cluster.call<Definition>(request);
  } catch (error) {
    if (!hasErrorStatus(error, 409)) throw error;
    const landed = live && error.mayHaveLanded ? await findLanded(cluster, live, request) : undefined;
    if (landed === undefined) throw liveDefinitionConflict(name, error);
    return landed;
  }
}

/**
 * The definition as a write left it whose answer got lost: the one it was sent for, edited at most once since, and the same
 * write changes nothing of it any more.
 */
async function findLanded(
  cluster: Cluster,
  live: Definition,
  request: DefinitionWrite,
): Promise<Definition | undefined> {
  const now = await readDefinition(cluster, live.metadata.name);
  if (now === undefined || now.metadata.uid !== live.metadata.uid) return undefined;
  if ((now.metadata.generation ?? 0) > (live.metadata.generation ?? 0) + 1) return undefined;
  const { body, query } = request;
  const metadata = { ...body.metadata, resourceVersion: now.metadata.resourceVersion };
  const again = { ...request, query: { ...query, dryRun: "All" }, body: { ...body, metadata } };
  return isDeepStrictEqual(withoutMoments(await cluster.call<Definition>(again)), withoutMoments(now))
    ? now
    : undefined;
}

function withoutMoments({ metadata, ...rest }: Definition): object {
  const { resourceVersion: _, managedFields = [], ...others } = metadata;
  return { ...rest, metadata: { ...others, managedFields: managedFields.map(({ time: __, ...entry }) => entry) } };
}

/** Somebody else changed the definition since it was read. */
export class DefinitionMoved extends UserError {}

/** Its spec was edited while its objects were migrated. */
export function liveDefinitionMoved(crd: string, generation: number, now: Definition["metadata"]): DefinitionMoved {
  return new DefinitionMoved({
    what: `${crd}: the definition was changed while its objects were migrated: it is at generation ${now.generation}`,
    expected: `generation ${generation}, of which every object was proven`,
    next: "run `pulumi up` again",
  });
}

/** Another writer came first. */
export function liveDefinitionConflict(name: string, error: ApiError): UserError {
  if (!/conflicts? with/.test(error.message)) {
    return new DefinitionMoved({
      what: `${name}: the CRD was changed by someone else while this phase worked on it`,
      expected: "no change since the phase read it",
      next: `see who with \`kubectl get crd ${name} -o yaml --show-managed-fields\`, then run \`pulumi up\` again`,
    });
  }
  return new UserError({
    what: `${name}: another field manager owns what the manifest sets: ${messageOfError(error)}`,
    expected: `${FIELD_MANAGER} to be its only writer`,
    next: `stop the other writer (\`kubectl get crd ${name} -o yaml --show-managed-fields\` names it), then set takeOverFrom of the component to its field manager`,
  });
}
