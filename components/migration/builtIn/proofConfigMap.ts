import { type KubernetesObject, PatchType, resourcePath } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { hasErrorStatus } from "../../kubernetes/errors";
import { BUILT_IN_PROOFS } from "../../kubernetes/rights/migrationRights";
import { type BuiltInProof, parseBuiltInProof } from "./proof";

const CONFIG_MAPS = { group: "", version: "v1", plural: "configmaps" };
const PLACE = { namespace: "kube-system", name: BUILT_IN_PROOFS };
const TRIES = 3;

type ConfigMap = KubernetesObject & { data?: Record<string, string> };

/** What is recorded of this built-in resource. */
export async function readProofConfigMap(cluster: Cluster, resource: string): Promise<BuiltInProof | undefined> {
  try {
    const { data } = await cluster.call<ConfigMap>({ method: "GET", path: resourcePath(CONFIG_MAPS, PLACE) });
    return parseBuiltInProof(data?.[resource]);
  } catch (error) {
    if (hasErrorStatus(error, 404)) return undefined;
    throw error;
  }
}

/** A key for each resource, so that two runs do not meet: its lock is held. */
export async function recordInProofConfigMap(cluster: Cluster, proof: BuiltInProof): Promise<void> {
  const data = { [proof.resource]: JSON.stringify(proof) };
  for (let tried = 1; ; tried++) {
    try {
      const path = resourcePath(CONFIG_MAPS, PLACE);
      await cluster.call({ method: "PATCH", path, body: { data }, contentType: PatchType.merge });
      return;
    } catch (error) {
      if (!hasErrorStatus(error, 404)) throw error;
    }
    try {
      const path = resourcePath(CONFIG_MAPS, { namespace: PLACE.namespace });
      await cluster.call({
        method: "POST",
        path,
        body: { apiVersion: "v1", kind: "ConfigMap", metadata: PLACE, data },
      });
      return;
    } catch (error) {
      if (!hasErrorStatus(error, 409) || tried === TRIES) throw error; // the run of another resource made it first
    }
  }
}
