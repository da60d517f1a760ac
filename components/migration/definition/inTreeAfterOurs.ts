import type { KubernetesObject } from "../../kubernetes/api";
import type { ClusterWork } from "../../kubernetes/cluster";
import { hasErrorStatus } from "../../kubernetes/errors";
import { IN_TREE_EVENTS } from "../inTree/inTree";
import { type Guard, readGuarded } from "../rewrite/guard";
import type { Awaited } from "../rewrite/rewriteWhenOver";
import { secondsOfRequestsInFlight } from "../servers/inFlight";

interface AfterOurs {
  /** What each of our own rewrites must leave of an object; undefined where no served version shows objects as they are stored. */
  readonly guard: Guard | undefined;
  /** Requests in flight are over. */
  readonly waited: Promise<unknown>;
  /** Told why there is no StorageVersionMigration. */
  readonly leaveOut: (why: string) => void;
}

/**
 * Through a webhook the in-tree migrator comes when our own rewriting is through: it converts on trust, and next to nothing is
 * left then. It is left out where ours was not through with every object, and where what is left for it would lose something.
 */
export function inTreeAfterOurs(
  requestTimeoutSeconds: number,
  { guard, waited, leaveOut }: AfterOurs,
  work: ClusterWork,
): Pick<Awaited, "beforeInTree" | "inTreeSeconds" | "leaveFirst"> {
  const wait = secondsOfRequestsInFlight(requestTimeoutSeconds);
  return {
    leaveFirst: guard === undefined ? 0 : IN_TREE_EVENTS,
    inTreeSeconds: (ownSeconds) => Math.max(ownSeconds, wait),
    beforeInTree: async (ahead) => {
      await waited;
      if (guard === undefined) return true;
      const { isWhole, left } = await ahead;
      if (!isWhole) leaveOut("our own rewriting before it could not rewrite every object");
      else if (await isKept(guard, left, work)) return true;
      else leaveOut("what was left for it was not seen to convert without a loss");
      return false;
    },
  };
}

/** What is left for it, there and back, once more: the webhook may have rolled. */
async function isKept(
  guard: Guard,
  left: readonly KubernetesObject[],
  { cluster, signal }: ClusterWork,
): Promise<boolean> {
  for (const each of left) {
    try {
      await guard.expected(await readGuarded(cluster, guard.from, each, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (!hasErrorStatus(error, 404)) return false; // one that is gone needs no conversion
    }
  }
  return true;
}
