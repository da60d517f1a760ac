import { isWebhookConversion } from "../crd/conversion";
import { servedByName, storageVersion, type Definition } from "../crd/definition";
import { type KubernetesObject, MetadataOnly, type Resource, resourcePath } from "../kubernetes/api";
import type { Cluster } from "../kubernetes/cluster";
import { ApiError, hasErrorStatus } from "../kubernetes/errors";
import { plainServerMessage } from "../kubernetes/plainServerMessage";
import { withRetries } from "../kubernetes/retry";
import { listRehearsalSample } from "../migration/rehearsal/sample";
import { objectsOfRollbackFacts, type ConversionAsked, type ObjectsRead, type RollbackFacts } from "./facts";
import { versionsThatMayBeStored } from "../migration/definition/mayBeStored";

/** An API server fills its cache after an edit of the CRD, and answers 429 until then. */
const SECONDS = 15;

/** A page of objects at each version in which they may be stored, and one through the conversion. Reads only. */
export async function collectRollbackFacts(cluster: Cluster, live: Definition, to: string): Promise<RollbackFacts> {
  const storage = storageVersion(live);
  const first = await readObjects(cluster, live, storage);
  const listed = first.state === "read" ? first.resourceVersion : undefined;
  const others = versionsThatMayBeStored(live, listed).filter((version) => version !== storage && version !== to);
  const read: Record<string, ObjectsRead> = { [storage]: first };
  for (const version of others) read[version] = await readObjects(cluster, live, version);
  return { live, to, read, conversion: await askConversion(cluster, live, to, objectsOfRollbackFacts(first)?.[0]) };
}

async function readObjects(cluster: Cluster, live: Definition, version: string): Promise<ObjectsRead> {
  if (servedByName(live)[version] !== true) return { state: "not served" };
  try {
    const sample = await withRetries({ seconds: SECONDS }, () =>
      listRehearsalSample(cluster, resourceAt(live, version)),
    );
    return { state: "read", ...sample };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403) return { state: "forbidden" };
    if (error.status === 404) return { state: "not served" };
    return { state: "unreadable", why: plainServerMessage(`${error.serverMessage} (${error.status})`) };
  }
}

/** A GET goes to etcd, so that the conversion is asked; a LIST may be answered from the API server's cache. */
async function askConversion(
  cluster: Cluster,
  live: Definition,
  to: string,
  object: KubernetesObject | undefined,
): Promise<ConversionAsked> {
  const isNeeded =
    isWebhookConversion(live.spec.conversion) && to !== storageVersion(live) && servedByName(live)[to] === true;
  if (!isNeeded || object === undefined) return { state: "not asked" };
  const path = resourcePath(resourceAt(live, to), object.metadata);
  try {
    const request = { method: "GET", path, accept: MetadataOnly.object } as const;
    await withRetries({ seconds: SECONDS }, () => cluster.call(request));
    return { state: "answered" };
  } catch (error) {
    if (hasErrorStatus(error, 403)) return { state: "forbidden" };
    if (hasErrorStatus(error, 404)) return { state: "not asked" }; // deleted meanwhile
    if (!(error instanceof ApiError)) throw error;
    return { state: "failed", why: plainServerMessage(`${error.serverMessage} (${error.status})`) };
  }
}

function resourceAt({ spec }: Definition, version: string): Resource {
  return { group: spec.group, plural: spec.names.plural, version };
}
