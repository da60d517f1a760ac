import { isNewerObject, type Resource } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { listFirstObjects } from "../../kubernetes/listFirstObjects";
import { progressLine } from "../rewrite/progress";

/** Of a CRD with a webhook the list converts each of them. */
const SAMPLE = 100;
const EVERY_MS = 5_000;

/**
 * How far kube-controller-manager's migrator is, which seldom says it: by the share of the first objects that are newer than where
 * it began. It takes objects in no order (a Go map's), so those stand for all; what others write is among them, hence "about".
 */
export class AboutMigrated {
  private line = "";
  private askedAt = -Infinity;

  constructor(
    private readonly cluster: Cluster,
    private readonly resource: Resource,
    private readonly objects: number,
    private readonly signal: AbortSignal,
  ) {}

  /** ` · about 4,100 / 10,000 · 190/s · 31 s left`; empty until it is known. */
  async since(resourceVersion: string | undefined, seconds: number): Promise<string> {
    if (resourceVersion === undefined || performance.now() - this.askedAt < EVERY_MS) return this.line;
    this.askedAt = performance.now();
    try {
      const done = Math.round((await this.share(resourceVersion)) * this.objects);
      this.line = ` · about ${progressLine(done, this.objects, done / Math.max(1, seconds), 0)}`;
    } catch {
      this.signal.throwIfAborted(); // the migration goes on, whether it is counted or not
    }
    return this.line;
  }

  private async share(resourceVersion: string): Promise<number> {
    const { objects } = await listFirstObjects(this.cluster, this.resource, SAMPLE, { signal: this.signal });
    return objects.filter((object) => isNewerObject(object, resourceVersion)).length / Math.max(1, objects.length);
  }
}
