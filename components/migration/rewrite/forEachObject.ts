import { type KubernetesObject, objectName, type Resource } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { CredentialsError, whatOfError, hasErrorStatus, messageOfError, UserError } from "../../kubernetes/errors";
import type { Work } from "../../kubernetes/report";
import { withoutRetries } from "../../kubernetes/retry";
import { sleep } from "../../kubernetes/sleep";
import { type Failure, NAMED_FAILURES } from "./failures";
import { Pace } from "./pace";
import { listPages, type Page } from "./pages";
import { Progress } from "./progress";
import { decideRetryOfObject } from "./decideRetryOfObject";
import { formatCount } from "../../kubernetes/count";

export interface ForEachOptions extends Work {
  /** What the progress line begins with: `rewriting`, `rehearsing`. */
  readonly doing: string;
  /** List whole objects; metadata only where absent. */
  readonly full?: boolean;
  /** It needs no visit, and counts as visited. */
  readonly isDone?: (object: KubernetesObject) => boolean;
}

export interface ForEachResult {
  /** resourceVersion of the list: every object older than it that still exists was visited. */
  readonly listResourceVersion: string;
  readonly visited: number;
  /** 404 when its turn came: deleted in the meantime. */
  readonly gone: number;
  readonly failedCount: number;
  /** The first ten, in the order in which they failed. */
  readonly failed: readonly Failure[];
  readonly seconds: number;
}

const INITIALIZING_SECONDS = 180;
/** So many failures in a row, none of them an object's own: the server or a webhook is gone, and trying on would only wait. */
const GENERAL_FAILURES = 20;

/**
 * Visits every object of a resource, several at a time. A visit that throws is counted and never ends the walk, unless
 * every visit fails for a reason that no object is to blame for, or the cluster no longer knows who we are.
 */
export async function forEachObject(
  cluster: Cluster,
  resource: Resource,
  visit: (object: KubernetesObject) => Promise<void>,
  options: ForEachOptions,
): Promise<ForEachResult> {
  const walk = new Walk(resource, visit, options);
  const listing = { ...options, full: options.full === true, initializingSeconds: INITIALIZING_SECONDS };
  for await (const page of listPages(cluster, resource, listing)) {
    await walk.visitPage(page);
  }
  return walk.finish();
}

type Outcome = "done" | "gone" | "stopped" | { readonly error: unknown; readonly general: boolean };

class Walk {
  private readonly began = performance.now();
  private readonly pace = new Pace();
  private readonly progress: Progress;
  private readonly running = new Set<Promise<void>>();
  private readonly failed: Failure[] = [];
  private listResourceVersion = "";
  private visited = 0;
  private gone = 0;
  private failedCount = 0;
  private generalInARow = 0;
  private total = 0;
  private stopped: UserError | undefined;

  constructor(
    private readonly resource: Resource,
    private readonly visit: (object: KubernetesObject) => Promise<void>,
    private readonly options: ForEachOptions,
  ) {
    this.progress = new Progress(options.doing, options.report);
  }

  async visitPage(page: Page): Promise<void> {
    this.listResourceVersion = page.listResourceVersion;
    this.total = this.visited + this.running.size + page.remaining;
    for (const object of page.objects) {
      if (this.options.isDone?.(object) === true) {
        this.countVisited();
        continue;
      }
      while (this.running.size >= this.pace.limit) await Promise.race(this.running);
      this.check();
      const visiting: Promise<void> = this.visitOne(object).finally(() => this.running.delete(visiting));
      this.running.add(visiting);
    }
  }

  async finish(): Promise<ForEachResult> {
    await Promise.all(this.running);
    this.check();
    return {
      listResourceVersion: this.listResourceVersion,
      visited: this.visited,
      gone: this.gone,
      failedCount: this.failedCount,
      failed: this.failed,
      seconds: (performance.now() - this.began) / 1_000,
    };
  }

  private check(): void {
    this.options.signal.throwIfAborted();
    if (this.stopped !== undefined) throw this.stopped;
  }

  /** Never rejects. */
  private async visitOne(object: KubernetesObject): Promise<void> {
    const outcome = await this.attempt(object);
    if (outcome === "stopped") return;
    if (outcome === "gone") this.gone++;
    else if (outcome !== "done") this.fail(object, outcome.error, outcome.general);
    this.countVisited();
  }

  private countVisited(): void {
    this.visited++;
    this.progress.update(this.visited, this.total, this.failedCount);
  }

  /** Until it is done or there is no more hope. */
  private async attempt(object: KubernetesObject): Promise<Outcome> {
    const first = performance.now();
    for (let tried = 1; ; tried++) {
      const began = performance.now();
      try {
        await withoutRetries(() => this.visit(object));
        this.generalInARow = 0;
        this.pace.finished(performance.now() - began);
        return "done";
      } catch (error) {
        if (saysGone(error, this.resource, object)) return "gone";
        if (this.options.signal.aborted || this.stopped !== undefined) return "stopped";
        const now = performance.now();
        const verdict = decideRetryOfObject(error, { tried, sinceFirstMs: now - first, lastMs: now - began });
        if (verdict.kind === "failed") return { error, general: verdict.general };
        if (verdict.overloaded) this.pace.slowDown();
        this.progress.waiting(verdict.afterMs, whatOfError(error));
        await sleep(verdict.afterMs, this.options.signal).catch(() => undefined);
      }
    }
  }

  private fail(object: KubernetesObject, error: unknown, general: boolean): void {
    this.failedCount++;
    if (this.failed.length < NAMED_FAILURES)
      this.failed.push({ name: objectName(object), message: messageOfError(error) });
    this.generalInARow = general ? this.generalInARow + 1 : 0;
    if (isAboutCredentials(error)) this.stopped ??= error;
    if (this.generalInARow < GENERAL_FAILURES || this.stopped !== undefined) return;
    const { plural, group } = this.resource;
    this.stopped = new UserError({
      what: `${this.options.doing} ${plural}.${group} stopped after ${GENERAL_FAILURES} failures in a row that no object is to blame for, ${formatCount(this.visited)} of ${formatCount(this.total)} done`,
      why: `the last: ${whatOfError(error)}`,
      next: "fix what it names, then run `pulumi up` again",
    });
  }
}

/** No other object could be visited either: it must not read as if objects were to be mended. */
function isAboutCredentials(error: unknown): error is UserError {
  return error instanceof CredentialsError || hasErrorStatus(error, 401);
}

/**
 * The API server's own words for this very object. A version no longer served, a namespace removed by force from under the
 * object and an admission webhook's denial answer 404 as well.
 */
function saysGone(error: unknown, { group, plural }: Resource, { metadata }: KubernetesObject): boolean {
  const qualified = group === "" ? plural : `${plural}.${group}`;
  return hasErrorStatus(error, 404) && error.serverMessage === `${qualified} "${metadata.name}" not found`;
}
