import {
  type Caller,
  type KubernetesList,
  type KubernetesObject,
  MetadataOnly,
  type Resource,
  resourcePath,
} from "../../kubernetes/api";
import { hasErrorStatus, UnreachableError, UserError, whatOfError } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";
import type { Work } from "../../kubernetes/report";
import { decideRetry, withoutRetries } from "../../kubernetes/retry";
import { sleep } from "../../kubernetes/sleep";
import { ANSWER_TOO_LARGE } from "../../kubernetes/transport";

export interface Page {
  readonly objects: readonly KubernetesObject[];
  /** Of the list, the same on each page. */
  readonly listResourceVersion: string;
  /** Objects on this page and after it, as far as the server says. */
  readonly remaining: number;
}

export interface ListOptions extends Work {
  readonly full: boolean;
  /**
   * How long a LIST may answer 429, as it does where the API server has as many requests as it takes, and for a moment while it
   * fills its cache ("storage is (re)initializing"). An object that cannot be read is another answer: a page comes from etcd then.
   */
  readonly initializingSeconds: number;
}

const METADATA_PAGE = 1_000;
/** Whole objects may have 1.5 MiB each, so the first page finds out how large they are. */
const FIRST_FULL_PAGE = 20;
const FULL_PAGE_BYTES = 4 * 1024 * 1024;

/** All objects of a resource page by page, the next one fetched while this one is worked on. */
export async function* listPages(caller: Caller, resource: Resource, options: ListOptions): AsyncGenerator<Page> {
  let limit = options.full ? FIRST_FULL_PAGE : METADATA_PAGE;
  let listResourceVersion: string | undefined;
  let next: Promise<KubernetesList> | undefined = fetchPage(caller, resource, limit, undefined, options);
  while (next !== undefined) {
    const list: KubernetesList = await next;
    listResourceVersion ??= list.metadata.resourceVersion ?? "";
    const objects = list.items ?? [];
    if (options.full) limit = pageSize(objects, limit);
    const token = list.metadata.continue;
    next = token ? fetchPage(caller, resource, limit, token, options) : undefined;
    next?.catch(() => undefined); // awaited above, after this page; until then nobody listens
    yield {
      objects,
      listResourceVersion,
      remaining: objects.length + (list.metadata.remainingItemCount ?? 0),
    };
  }
}

/** So many objects that a page stays at about FULL_PAGE_BYTES. */
export function pageSize(objects: readonly KubernetesObject[], limit: number): number {
  if (objects.length === 0) return limit;
  const average = JSON.stringify(objects).length / objects.length;
  return Math.max(1, Math.min(500, Math.floor(FULL_PAGE_BYTES / average)));
}

async function fetchPage(
  caller: Caller,
  resource: Resource,
  limit: number,
  token: string | undefined,
  options: ListOptions,
): Promise<KubernetesList> {
  try {
    return await listWhenReady(caller, resource, limit, token, options);
  } catch (error) {
    const resumed = hasErrorStatus(error, 410) ? error.continueToken : undefined;
    if (resumed === undefined) throw error;
    // The list is older than etcd's compaction (5 min by default), and the server offers to go on from the same key at a
    // newer revision. Keys come in order and an object keeps its key, so everything that was there when the list began, and
    // still is, was either listed before this key or will be after it. What was created since was written by servers that
    // already agreed on the storage version. So no object that matters is missed.
    return listWhenReady(caller, resource, limit, resumed, options);
  }
}

async function listWhenReady(
  caller: Caller,
  resource: Resource,
  limit: number,
  token: string | undefined,
  options: ListOptions,
): Promise<KubernetesList> {
  const began = performance.now();
  let size = limit;
  for (let tried = 1; ; tried++) {
    const asked = performance.now();
    try {
      return await listOnce(caller, resource, size, token, options);
    } catch (error) {
      // The page before it was of small objects, and this one is of large ones.
      if (isTooLarge(error) && size > 1) {
        size = Math.ceil(size / 4);
        continue;
      }
      const waited = performance.now() - began;
      if (!hasErrorStatus(error, 429)) {
        // A long list behind a slow conversion webhook takes longer than --request-timeout: a shorter one may not.
        if (hasErrorStatus(error, 504)) size = Math.max(1, Math.floor(size / 2));
        const verdict = decideRetry(error, { tried, sinceFirstMs: waited, lastMs: performance.now() - asked });
        if (verdict.kind === "failed") throw error;
        options.report(`listing ${resource.plural}: ${whatOfError(error)}; once more (${Math.round(waited / 1000)} s)`);
        await sleep(verdict.afterMs, options.signal);
        continue;
      }
      if (waited > options.initializingSeconds * 1_000) throw new UserError(describeRefused(resource, waited));
      options.report(`waiting for the API server to list ${resource.plural} (${Math.round(waited / 1000)} s)`);
      await sleep(Math.min(10, error.retryAfterSeconds ?? 1) * 1_000, options.signal);
    }
  }
}

function listOnce(
  caller: Caller,
  resource: Resource,
  limit: number,
  token: string | undefined,
  { full, signal }: ListOptions,
): Promise<KubernetesList> {
  const path = resourcePath(resource);
  const query = { limit, continue: token };
  const request = { method: "GET", path, query, ...(!full && { accept: MetadataOnly.list }), signal } as const;
  return withoutRetries(() => caller.call<KubernetesList>(request));
}

function isTooLarge(error: unknown): boolean {
  return error instanceof UnreachableError && error.code === ANSWER_TOO_LARGE;
}

function describeRefused(resource: Resource, waited: number): Problem {
  return {
    what: `list ${resource.plural}.${resource.group} at ${resource.version}: the API server still answers 429 after ${Math.round(waited / 1000)} s`,
    expected: "a list",
    next: "see what else sends it requests (--max-requests-inflight, API Priority and Fairness), then run `pulumi up` again",
  };
}
