import { isDeepStrictEqual } from "util";
import type { Definition } from "../crd/definition";
import { definitionPath, FIELD_MANAGER } from "../crd/names";
import { readDefinition } from "../crd/readDefinition";
import { type ApiRequest, PatchType } from "../kubernetes/api";
import type { Cluster } from "../kubernetes/cluster";
import { type ApiError, hasStatus, messageOf, UserError } from "../kubernetes/errors";
import { withoutFieldManagers } from "./fieldManagers";
import { withInjectedCaBundle } from "./injected";

/** The live definition, where a phase cannot do without. */
export async function requireDefinition(cluster: Cluster, name: string): Promise<Definition> {
  const live = await readDefinition(cluster, name);
  if (live !== undefined) return live;
  throw new UserError({
    what: `${name}: the CRD is not in the cluster`,
    expected: "the CRD that serve created",
    why: "somebody deleted it during this run, and every object with it",
    next: "run `pulumi preview`: it says how to go on",
  });
}

/**
 * Applies a stage of the definition, unless the live one moved since it was read.
 *
 * @param live the definition the intent was made from; undefined where there was none
 * @param force take fields over from other field managers: only to put back what was live, or where all of them were checked
 * @throws UserError when another writer changed the definition since, or owns a field of the intent
 */
export async function applyDefinition(
  cluster: Cluster,
  intent: Definition,
  live: Definition | undefined,
  { force = false } = {},
): Promise<Definition> {
  const ready = live && (await withoutForeignCaBundle(cluster, live, intent));
  const resourceVersion = ready?.metadata.resourceVersion;
  const metadata = { ...intent.metadata, ...(resourceVersion !== undefined && { resourceVersion }) };
  return write(cluster, metadata.name, live, applyRequest({ ...intent, metadata }, force));
}

/**
 * The definition as an apply would leave it; writes nothing. Without a resourceVersion: an edit since the intent was made is no
 * reason to refuse it.
 */
export function tryDefinition(cluster: Cluster, intent: Definition, { force = false } = {}): Promise<Definition> {
  const request = applyRequest(intent, force);
  return cluster.call<Definition>({ ...request, query: { ...request.query, dryRun: "All" } });
}

function applyRequest(intent: Definition, force: boolean): Write {
  return {
    method: "PATCH",
    path: definitionPath(intent.metadata.name),
    query: { fieldManager: FIELD_MANAGER, ...(force && { force }) },
    contentType: PatchType.apply,
    body: { ...intent },
  };
}

/** A write of metadata alone: generation and handlers stay, and killed after it nothing is lost. */
async function withoutForeignCaBundle(cluster: Cluster, live: Definition, intent: Definition): Promise<Definition> {
  const managedFields = withInjectedCaBundle(live, intent);
  return managedFields === undefined ? live : mergePatch(cluster, live, "", { managedFields });
}

/** Records something on the definition; refused when it moved since it was read. */
export function annotate(
  cluster: Cluster,
  live: Definition,
  annotations: Record<string, string | null>,
): Promise<Definition> {
  return mergePatch(cluster, live, "", { annotations });
}

/** Takes these field managers off the definition; refused when it moved since it was read. */
export async function takeOverFields(cluster: Cluster, live: Definition, managers: string[]): Promise<Definition> {
  if (managers.length === 0) return live;
  return mergePatch(cluster, live, "", { managedFields: withoutFieldManagers(live, managers) });
}

/** Sets status.storedVersions; refused when the definition moved since it was read. */
export function setStoredVersions(cluster: Cluster, live: Definition, versions: string[]): Promise<Definition> {
  return mergePatch(cluster, live, "/status", {}, { status: { storedVersions: versions } });
}

/** Deletes the definition and with it every object; refused when it moved since it was read. */
export async function deleteDefinition(cluster: Cluster, live: Definition): Promise<void> {
  const { name, uid, resourceVersion } = live.metadata;
  try {
    const preconditions = { uid, resourceVersion };
    await cluster.call({ method: "DELETE", path: definitionPath(name), body: { preconditions } });
  } catch (error) {
    if (hasStatus(error, 404)) return;
    if (!hasStatus(error, 409)) throw error;
    // A delete whose answer got lost has moved it: it is being deleted until its objects are gone.
    const now = error.mayHaveLanded ? await readDefinition(cluster, name) : live;
    const isGoing = now === undefined || (now.metadata.uid === uid && now.metadata["deletionTimestamp"] !== undefined);
    if (!isGoing) throw conflict(name, error);
  }
}

function mergePatch(
  cluster: Cluster,
  live: Definition,
  subresource: string,
  metadata: object,
  rest: object = {},
): Promise<Definition> {
  const { name, resourceVersion } = live.metadata;
  return write(cluster, name, live, {
    method: "PATCH",
    path: `${definitionPath(name)}${subresource}`,
    query: { fieldManager: FIELD_MANAGER },
    contentType: PatchType.merge,
    body: { metadata: { ...metadata, resourceVersion }, ...rest },
  });
}

type Write = ApiRequest & { readonly body: { readonly metadata: object } };

async function write(
  cluster: Cluster,
  name: string,
  live: Definition | undefined,
  request: Write,
): Promise<Definition> {
  try {
    return await cluster.call<Definition>(request);
  } catch (error) {
    if (!hasStatus(error, 409)) throw error;
    const landed = live && error.mayHaveLanded ? await findLanded(cluster, live, request) : undefined;
    if (landed === undefined) throw conflict(name, error);
    return landed;
  }
}

/**
 * The definition as a write left it whose answer got lost: the one it was sent for, edited at most once since, and the same
 * write changes nothing of it any more.
 */
async function findLanded(cluster: Cluster, live: Definition, request: Write): Promise<Definition | undefined> {
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

function conflict(name: string, error: ApiError): UserError {
  if (!/conflict with/.test(error.message)) {
    return new UserError({
      what: `${name}: the CRD was changed by someone else while this phase worked on it`,
      expected: "no change since the phase read it",
      next: `see who with \`kubectl get crd ${name} -o yaml --show-managed-fields\`, then run \`pulumi up\` again`,
    });
  }
  return new UserError({
    what: `${name}: another field manager owns what the manifest sets: ${messageOf(error)}`,
    expected: `${FIELD_MANAGER} to be its only writer`,
    next: `stop the other writer (\`kubectl get crd ${name} -o yaml --show-managed-fields\` names it), then set takeOverFrom of the component to its field manager`,
  });
}
