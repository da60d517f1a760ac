import {
  type Caller,
  isNewerObject,
  type KubernetesObject,
  MetadataOnly,
  PatchType,
  type Resource,
  resourcePath,
} from "../../kubernetes/api";
import { hasErrorStatus, UserError } from "../../kubernetes/errors";
import type { Schema } from "../../crd/definition";
import { compareObjects } from "../rehearsal/compare";
import { guardOperations } from "./guardOperations";
import { touchObject, type TouchOptions } from "./touch";

/** Knows what a rewrite must leave of an object. */
export interface Guard {
  /** The endpoint that shows objects as they are stored: no conversion lies in between. */
  readonly from: Resource;
  /** resourceVersion after which an object is stored in the new version already; not known where absent. */
  readonly upTo?: string | undefined;
  /**
   * The object in the new version.
   *
   * @param original as `from` shows it
   * @throws UserError where the way there and back loses or changes something
   */
  expected(original: KubernetesObject): Promise<KubernetesObject>;
  /** Of the new version. Its defaults are filled in when the object is written, which is after the tests. */
  readonly schema?: Schema | undefined;
  /** @throws UserError where what the new version's endpoint shows has lost or changed something of the original, which `expected` has not */
  assertKept(original: KubernetesObject, found: KubernetesObject, expected: KubernetesObject): Promise<void>;
}

const TRIES = 5;
const NAMED_PATHS = 5;
/** What a test that failed is answered with; which one it was is not said. */
const TEST_FAILED = "the server rejected our request due to an error in our request";

/** The API server would not have written what is expected, and wrote nothing. */
export class GuardError extends UserError {}

/** Stored in the old version for sure. */
export function isOlderThanFlip({ upTo }: Guard, object: KubernetesObject): boolean {
  return !isNewerObject(object, upTo);
}

/** Under the guard where there is one. */
export function rewriteObject(
  caller: Caller,
  resource: Resource,
  guard: Guard | undefined,
  listed: KubernetesObject,
  options: TouchOptions,
): Promise<KubernetesObject> {
  return guard === undefined
    ? touchObject(caller, resource, listed, options)
    : rewriteUnderGuard(caller, resource, guard, listed, options);
}

/**
 * Rewrites an object as `touchObject` does, in one request that writes nothing unless the API server, in that very request,
 * converts it to what is expected. The tests see what is written: each try of GuaranteedUpdate applies the patch to the
 * object that it has just read (k8s.io/apiserver pkg/storage/etcd3/store.go).
 *
 * An object that was written since the flip is in the new version, or in the old one by a request in flight across the flip.
 * In the new one it may hold what the old one does not show, so that our own conversion tells nothing: what is found there
 * must give back what the old version shows, and is expected.
 *
 * @param resource the new version's endpoint
 * @param listed the object as `guard.from` shows it
 */
export async function rewriteUnderGuard(
  caller: Caller,
  resource: Resource,
  guard: Guard,
  listed: KubernetesObject,
  options: TouchOptions,
): Promise<KubernetesObject> {
  const expectedOf = (object: KubernetesObject) =>
    isOlderThanFlip(guard, object) ? guard.expected(object) : undefined;
  const read = () => readGuarded(caller, guard.from, listed, options.signal);
  // One that was written since is listed as it was converted then (the watch cache), perhaps by another webhook.
  let original = isOlderThanFlip(guard, listed) ? listed : await read();
  let expected = await expectedOf(original);
  for (let tried = 1; ; tried++) {
    const answer = expected && (await patchAsExpected(caller, resource, guard, expected, options));
    if (answer !== undefined) return answer;
    const found = await readGuarded(caller, resource, original, options.signal);
    if (!isSame(original, found)) {
      // One that is written all the time was hardly written by a request in flight last.
      if (tried >= TRIES) return touchObject(caller, resource, original, options);
      original = await read();
      expected = await expectedOf(original);
      continue;
    }
    if (expected !== undefined) {
      if (tried >= TRIES) throw await whyRefused(caller, resource, expected, options.signal);
      const { lost } = compareObjects(expected, found);
      // Presence alone may mean something (`emptyDir: {}`). Of what is in the new version already the old one may show too much.
      const isOld = guard.upTo !== undefined && isOlderThanFlip(guard, original);
      if (isOld) lost.push(...compareObjects(expected, found, guard.schema).emptied);
      // The API server adds neither labels nor annotations, and the way back may leave them out.
      const added = isOld ? addedMetadata(expected, found) : [];
      if (added.length > 0) throw new GuardError(describeChange(resource, "add", added));
      if (lost.length > 0) throw new GuardError(describeChange(resource, "lose", lost));
    }
    await guard.assertKept(original, found, expected ?? found);
    expected = found;
  }
}

/** Undefined where the API server would write something else. */
async function patchAsExpected(
  caller: Caller,
  resource: Resource,
  { schema }: Guard,
  expected: KubernetesObject,
  { signal, whole = false }: TouchOptions,
): Promise<KubernetesObject | undefined> {
  try {
    return await caller.call<KubernetesObject>({
      method: "PATCH",
      path: resourcePath(resource, expected.metadata),
      body: guardOperations(expected, schema),
      contentType: PatchType.json,
      ...(!whole && { accept: MetadataOnly.object }),
      signal,
    });
  } catch (error) {
    if (!hasErrorStatus(error, 422) || error.serverMessage !== TEST_FAILED) throw error;
    return undefined;
  }
}

function addedMetadata(expected: KubernetesObject, found: KubernetesObject): string[] {
  return compareObjects(found, expected).lost.filter((path) => path.startsWith(".metadata."));
}

function isSame(left: KubernetesObject, right: KubernetesObject): boolean {
  return left.metadata.resourceVersion === right.metadata.resourceVersion;
}

/**
 * Why the API server refuses what the webhook, asked by us, answers rightly. It patches what its watch cache holds, if that is
 * no older than etcd (k8s.io/apiserver pkg/storage/cacher/cacher.go, GuaranteedUpdate): the object as the webhook converted it
 * when it was written or the cache began, however the webhook converts now. Asked is whichever API server answers.
 */
async function whyRefused(
  caller: Caller,
  resource: Resource,
  expected: KubernetesObject,
  signal: AbortSignal,
): Promise<GuardError> {
  const cached = await readCached(caller, resource, expected, signal);
  const { lost, changed, added, empty, emptied } = compareObjects(expected, cached);
  const differs = [...lost, ...changed, ...added, ...empty, ...emptied, ...addedMetadata(expected, cached)];
  if (!isSame(expected, cached) || differs.length === 0) return new GuardError(describeChange(resource, "lose", []));
  return new GuardError(
    `not rewritten: the API server's watch cache still holds a wrong conversion to ${resource.version} of it (${listPaths(differs)}), and any write would store that; change the CRD's spec (a description will do) or restart every API server`,
  );
}

/** The whole object, through that endpoint. */
export function readGuarded(
  caller: Caller,
  resource: Resource,
  { metadata }: KubernetesObject,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  return caller.call<KubernetesObject>({ method: "GET", path: resourcePath(resource, metadata), signal });
}

/** As the watch cache of whichever API server answers holds it: of an older resourceVersion perhaps, and as it was converted then. */
export function readCached(
  caller: Caller,
  resource: Resource,
  { metadata }: KubernetesObject,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  const path = resourcePath(resource, metadata);
  return caller.call<KubernetesObject>({ method: "GET", path, query: { resourceVersion: "0" }, signal });
}

/** One line: it is one of a list. */
function describeChange({ version }: Resource, verb: string, paths: readonly string[]): string {
  const what = paths.length > 0 ? listPaths(paths) : "a field, and then again not (replicas that differ?)";
  return `not rewritten: the conversion to ${version} has just begun to ${verb} ${what}; correct the webhook`;
}

function listPaths(paths: readonly string[]): string {
  return paths.slice(0, NAMED_PATHS).join(", ");
}
