import type { ApiRequest } from "../../components/kubernetes/api";
import type { Cluster } from "../../components/kubernetes/cluster";
import { ApiError } from "../../components/kubernetes/errors";

/** A timer of Node.js may come so much before its time. */
const TIMER_MS = 2;

/** How often a pass is answered with 429, and how often it asks again before the Retry-After is over. */
export class Refusals {
  met = 0;
  early = 0;
  /** By request: when it may be sent again. */
  private readonly notBefore = new Map<string, number>();

  /** The same cluster, each of whose requests is looked at. */
  through(cluster: Cluster): Cluster {
    const call = async <T>(request: ApiRequest): Promise<T> => {
      const key = JSON.stringify([request.method, request.path, request.query]);
      if (performance.now() < (this.notBefore.get(key) ?? 0)) this.early++;
      this.notBefore.delete(key);
      try {
        return await cluster.call<T>(request);
      } catch (error) {
        if (error instanceof ApiError && error.status === 429) {
          this.met++;
          this.notBefore.set(key, performance.now() + (error.retryAfterSeconds ?? 0) * 1_000 - TIMER_MS);
        }
        throw error;
      }
    };
    return Object.assign(Object.create(cluster) as Cluster, { call });
  }
}
