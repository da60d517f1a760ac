import type { Caller, KubernetesObject, Resource } from "../kubernetes/api";
import { ApiError, UnreachableError } from "../kubernetes/errors";
import { type FirstObjects, listFirstObjects } from "../kubernetes/listFirstObjects";
import { withRetries } from "../kubernetes/retry";
import { type DefinitionFacts } from "./definitionFacts";
import { olderStoredOfFacts, servedVersionsOfFacts, type ObjectsSeen, type Sample } from "./facts";
import { plainServerMessage } from "../kubernetes/plainServerMessage";

/**
 * A LIST of one object that takes longer does not work. An API server fills its cache first: on a busy one, which just got 300
 * CRDs, that took longer than 5 s (429 "storage is (re)initializing", without a reason; with one it stays so, see retry.ts).
 */
const LIST_SECONDS = 30;
const SAMPLED = 500;

export interface FirstLook {
  readonly objects: ObjectsSeen;
  /** Of the list; absent where there was none. */
  readonly resourceVersion?: string;
  /** The first object, metadata only. */
  readonly first?: KubernetesObject;
  /** As many as were asked for. */
  readonly listed: readonly KubernetesObject[];
}

/** How many objects there are, by one LIST of the metadata of one, or of a page where more are to be looked at. @throws UnreachableError when the API server is gone */
export async function readFirstObjects(
  caller: Caller,
  facts: DefinitionFacts,
  signal: AbortSignal,
  isPage = false,
): Promise<FirstLook> {
  const resource = listedAt(facts);
  if (resource === undefined) return { objects: { state: "not served" }, listed: [] };
  const limit = isPage ? SAMPLED : 1;
  try {
    const list = await withRetries({ seconds: LIST_SECONDS, signal }, () =>
      listMetadata(caller, resource, limit, signal),
    );
    const { count, resourceVersion } = list;
    const [first] = list.objects;
    return {
      objects: { state: "counted", count },
      listed: list.objects,
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(first !== undefined && { first }),
    };
  } catch (error) {
    return { objects: whyNotRead(error), listed: [] };
  }
}

/** The storage version's endpoint, which needs no conversion of what is stored as it should be; else any that is served. */
function listedAt(facts: DefinitionFacts): Resource | undefined {
  const served = servedVersionsOfFacts(facts);
  const version = served.includes(facts.storage) ? facts.storage : served[0];
  return version === undefined ? undefined : { group: facts.group, plural: facts.plural, version };
}

function listMetadata(caller: Caller, resource: Resource, limit: number, signal: AbortSignal): Promise<FirstObjects> {
  return listFirstObjects(caller, resource, limit, { timeoutSeconds: LIST_SECONDS, signal });
}

function whyNotRead(error: unknown): ObjectsSeen {
  if (error instanceof UnreachableError && error.code === "TIMEOUT") {
    return { state: "unreadable", why: `a LIST of one object gave no answer within ${LIST_SECONDS} s` };
  }
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 403) return { state: "forbidden" };
  // Not established, or being deleted: the conditions say which.
  if (error.status === 404) return { state: "not served" };
  return { state: "unreadable", why: plainServerMessage(`${error.serverMessage} (${error.status})`) };
}

/** Is anything old, so that a page of objects is worth reading? The first object tells of the others, often enough. */
export function hasObjectsWorthSampling(facts: DefinitionFacts, { first }: FirstLook): boolean {
  if (first === undefined) return false;
  const served = servedVersionsOfFacts(facts);
  return (
    olderStoredOfFacts(facts).length > 0 ||
    served.length < facts.versions.length ||
    (first.metadata.managedFields ?? []).some(({ apiVersion }) => isUnservedOf(facts, served, apiVersion))
  );
}

/** Counts what the first page of objects has at versions that are not served; undefined where it cannot be read. */
export async function readObjectsSample(
  caller: Caller,
  facts: DefinitionFacts,
  signal: AbortSignal,
): Promise<Sample | undefined> {
  const resource = listedAt(facts);
  if (resource === undefined) return undefined;
  try {
    const { objects, isAll } = await listMetadata(caller, resource, SAMPLED, signal);
    const served = servedVersionsOfFacts(facts);
    return {
      objects: objects.length,
      all: isAll,
      managedFields: countVersions(objects, ({ metadata }) =>
        (metadata.managedFields ?? []).flatMap(({ apiVersion }) =>
          isUnservedOf(facts, served, apiVersion) ? [apiVersion.slice(facts.group.length + 1)] : [],
        ),
      ),
      ownerReferences: countVersions(objects, ({ metadata }) =>
        ((metadata["ownerReferences"] ?? []) as { apiVersion?: string; kind?: string }[]).map(
          ({ apiVersion, kind }) => `${apiVersion} ${kind}`,
        ),
      ),
    };
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

function isUnservedOf(
  facts: DefinitionFacts,
  served: readonly string[],
  apiVersion: string | undefined,
): apiVersion is string {
  const [group, version = ""] = apiVersion?.split("/") ?? [];
  return group === facts.group && !served.includes(version);
}

/** Each name → in how many objects it stands; sorted, so that the same cluster gives the same bytes. */
function countVersions(
  objects: readonly KubernetesObject[],
  namesIn: (object: KubernetesObject) => string[],
): Record<string, number> {
  const counts = new Map<string, number>();
  for (const object of objects) {
    for (const name of new Set(namesIn(object))) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([left], [right]) => (left < right ? -1 : 1)));
}
