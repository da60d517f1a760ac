import { type Caller, type KubernetesObject, MetadataOnly, PatchType } from "../../kubernetes/api";
import { type Resource, resourcePath } from "../../kubernetes/api";

export interface TouchOptions {
  readonly signal: AbortSignal;
  /** Converted and admitted as a write would be, and not written. */
  readonly isDry?: boolean;
  /** Answers with the whole object; with its metadata where absent. */
  readonly whole?: boolean;
}

/**
 * The cheapest write there is, merge PATCH `{}`; answered with metadata only unless told, so that neither spec nor secret
 * leaves the server.
 */
export function touchObject(
  caller: Caller,
  resource: Resource,
  object: KubernetesObject,
  { signal, isDry = false, whole = false }: TouchOptions,
): Promise<KubernetesObject> {
  return caller.call<KubernetesObject>({
    method: "PATCH",
    path: resourcePath(resource, object.metadata),
    ...(isDry && { query: { dryRun: "All" } }),
    body: {},
    contentType: PatchType.merge,
    ...(!whole && { accept: MetadataOnly.object }),
    signal,
  });
}
