import type { Cluster } from "../kubernetes/cluster";
import { hasStatus, UserError, type ApiError } from "../kubernetes/errors";
import type { Definition } from "./definition";
import { definitionPath, FIELD_MANAGER } from "./names";
import { withoutWriters, withWholeConversion } from "./writers";

/** The live definition, or undefined when there is none. */
export async function readDefinition(cluster: Cluster, name: string): Promise<Definition | undefined> {
  try {
    return await cluster.call<Definition>({ method: "GET", path: definitionPath(name) });
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

/** The live definition, where a phase cannot do without. */
export async function requireDefinition(cluster: Cluster, name: string): Promise<Definition> {
  const live = await readDefinition(cluster, name);
  if (live !== undefined) return live;
  throw new UserError(`${name}: the CRD is not in the cluster; expected it there since serve; run \`pulumi up\` again`);
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
  const resourceVersion = (await wholly(cluster, intent, live))?.metadata.resourceVersion;
  const { metadata, ...rest } = intent;
  try {
    return await cluster.call<Definition>({
      method: "PATCH",
      path: definitionPath(metadata.name),
      query: { fieldManager: FIELD_MANAGER, ...(force && { force }) },
      contentType: "application/apply-patch+yaml",
      body: { ...rest, metadata: { ...metadata, ...(resourceVersion !== undefined && { resourceVersion }) } },
    });
  } catch (error) {
    throw hasStatus(error, 409) ? conflict(metadata.name, error) : error;
  }
}

/** A conversion that leaves goes as a whole; no generation moves by it. */
async function wholly(cluster: Cluster, intent: Definition, live: Definition | undefined) {
  if (live === undefined) return undefined;
  const managedFields = withWholeConversion(live, intent);
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
export async function takeOver(cluster: Cluster, live: Definition, managers: string[]): Promise<Definition> {
  if (managers.length === 0) return live;
  return mergePatch(cluster, live, "", { managedFields: withoutWriters(live, managers) });
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
    if (!hasStatus(error, 404)) throw hasStatus(error, 409) ? conflict(name, error) : error;
  }
}

async function mergePatch(
  cluster: Cluster,
  live: Definition,
  subresource: string,
  metadata: object,
  rest: object = {},
): Promise<Definition> {
  const { name, resourceVersion } = live.metadata;
  try {
    return await cluster.call<Definition>({
      method: "PATCH",
      path: `${definitionPath(name)}${subresource}`,
      query: { fieldManager: FIELD_MANAGER },
      contentType: "application/merge-patch+json",
      body: { metadata: { ...metadata, resourceVersion }, ...rest },
    });
  } catch (error) {
    throw hasStatus(error, 409) ? conflict(name, error) : error;
  }
}

function conflict(name: string, error: ApiError): UserError {
  if (!/conflict with/.test(error.message)) {
    return new UserError(
      `${name}: the CRD was changed by someone else while this phase worked on it; expected it unchanged since the phase read it; see who with \`kubectl get crd ${name} -o yaml --show-managed-fields\`, then run \`pulumi up\` again`,
    );
  }
  return new UserError(
    `${name}: another field manager owns what the manifest sets: ${error.message}; expected ${FIELD_MANAGER} to be its only writer; stop the other writer, then name its field manager in takeOverFrom`,
  );
}
