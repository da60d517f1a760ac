import { type Definition, definitionPath } from "../crd/definition";
import { FIELD_MANAGER } from "../crd/names";
import { PatchType } from "../kubernetes/api";
import type { Cluster } from "../kubernetes/cluster";
import { patchLiveDefinition, writeLiveDefinition, type DefinitionWrite } from "../migration/definition/liveDefinition";
import { withInjectedCaBundle } from "./injectedCaBundle";

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
  return writeLiveDefinition(cluster, metadata.name, live, applyRequest({ ...intent, metadata }, force));
}

/**
 * The definition as an apply would leave it; writes nothing. Without a resourceVersion: an edit since the intent was made is no
 * reason to refuse it.
 */
export function tryApplyDefinition(cluster: Cluster, intent: Definition, { force = false } = {}): Promise<Definition> {
  const request = applyRequest(intent, force);
  return cluster.call<Definition>({ ...request, query: { ...request.query, dryRun: "All" } });
}

function applyRequest(intent: Definition, force: boolean): DefinitionWrite {
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
  return managedFields === undefined ? live : patchLiveDefinition(cluster, live, "", { managedFields });
}
