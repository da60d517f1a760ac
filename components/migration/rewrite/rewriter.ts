import { type KubernetesObject, MetadataOnly, PatchType, type Resource, resourcePath } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import type { Work } from "../../kubernetes/report";
import { type ForEachResult, forEachObject } from "./objects";

export interface RewriteResult extends ForEachResult {
  /** resourceVersion moved since the list: by our write, or by someone else's in between. Informative only. */
  readonly rewritten: number;
  readonly unchanged: number;
}

/**
 * One pass over every object: merge PATCH `{}` through this endpoint, the new storage version's, because admission and
 * schema of that version are what decides. Each name answers 2xx or 404, or is among the failed.
 *
 * The API server writes exactly when the stored bytes are not what it would write now: another apiVersion, another key
 * (k8s.io/apiserver pkg/storage/etcd3/store.go, GuaranteedUpdate). Without a resourceVersion in the patch it re-applies
 * it after a race by itself.
 */
export async function rewriteAll(cluster: Cluster, resource: Resource, work: Work): Promise<RewriteResult> {
  let rewritten = 0;
  let unchanged = 0;
  const walked = await forEachObject(
    cluster,
    resource,
    async (listed) => {
      const answer = await touch(cluster, resource, listed, work.signal);
      if (answer.metadata.resourceVersion === listed.metadata.resourceVersion) unchanged++;
      else rewritten++;
    },
    { ...work, doing: "rewriting" },
  );
  return { ...walked, rewritten, unchanged };
}

/** The cheapest write there is; answered with metadata only, so that neither spec nor secret leaves the server. */
export function touch(
  caller: Pick<Cluster, "call">,
  resource: Resource,
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  return caller.call<KubernetesObject>({
    method: "PATCH",
    path: resourcePath(resource, object.metadata),
    body: {},
    contentType: PatchType.merge,
    accept: MetadataOnly.object,
    signal,
  });
}
