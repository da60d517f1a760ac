import { type KubernetesObject, objectName, type Resource } from "../../kubernetes/api";
import type { ClusterWork } from "../../kubernetes/cluster";
import { hasErrorStatus } from "../../kubernetes/errors";
import { IN_TREE_EVENTS } from "../inTree/inTree";
import { type Guard, readCached, readGuarded } from "../rewrite/guard";
import { KnownStored } from "../rewrite/knownStored";
import { rewriteAllObjects } from "../rewrite/rewriteAllObjects";
import type { RewrittenAhead } from "../rewrite/rewriteAhead";
import type { Awaited } from "../rewrite/rewriteWhenOver";
import type { SharedRow } from "../rewrite/sharedRow";
import { secondsOfRequestsInFlight } from "../servers/inFlight";

interface AfterOurs {
  /** The new version's endpoint. */
  readonly resource: Resource;
  /** What each of our own rewrites must leave of an object; undefined where no served version shows objects as they are stored. */
  readonly guard: Guard | undefined;
  /** Requests in flight are over. */
  readonly waited: Promise<unknown>;
  /** Told why there is no StorageVersionMigration. */
  readonly leaveOut: (why: string) => void;
  /** Shows what is rewritten before it. */
  readonly row: SharedRow;
}

/**
 * Through a webhook the in-tree migrator comes when our own rewriting is through: it converts on trust, and next to nothing is
 * left then. It is left out where ours was not through with every object, and where what is left for it would lose something.
 */
export function inTreeAfterOurs(
  requestTimeoutSeconds: number,
  { resource, guard, waited, leaveOut, row }: AfterOurs,
  work: ClusterWork,
): Pick<Awaited, "beforeInTree" | "inTreeSeconds" | "leaveFirst"> {
  const wait = secondsOfRequestsInFlight(requestTimeoutSeconds);
  return {
    leaveFirst: guard === undefined ? 0 : IN_TREE_EVENTS,
    inTreeSeconds: (ownSeconds) => Math.max(ownSeconds, wait),
    beforeInTree: async (ahead) => {
      await waited;
      if (guard === undefined) return true;
      const rewritten = await ahead;
      const isRewritten = (): Promise<boolean> =>
        row.step("in-tree", work, (step) => isRestRewritten(resource, guard, rewritten, step));
      if (!rewritten.isWhole || !(await isRewritten()))
        leaveOut("our own rewriting before it could not rewrite every object");
      else if (await isKept(resource, guard, rewritten.left, work)) return true;
      else leaveOut("what was left for it was not seen to convert without a loss");
      return false;
    },
  };
}

/**
 * What was written since it was answered ahead, perhaps in the old version by a request in flight: nobody has seen that convert,
 * and it would on trust. The wait is over, so nothing more comes.
 */
async function isRestRewritten(
  resource: Resource,
  guard: Guard,
  { known, left }: RewrittenAhead,
  work: ClusterWork,
): Promise<boolean> {
  const names = new Set(left.map(objectName));
  const isLeft = (object: KubernetesObject): boolean => names.has(objectName(object));
  try {
    const answers = new KnownStored();
    const how = { guard, known, isLeft, answered: new KnownStored(), answers };
    const { failedCount } = await rewriteAllObjects(work.cluster, resource, work, how);
    known.addAll(answers); // not before: while they are asked for, each add would sort them anew
    return failedCount === 0;
  } catch {
    work.signal.throwIfAborted();
    return false; // the pass that counts meets the same
  }
}

/**
 * What is left for it, there and back, once more: the webhook may have rolled. So is what the API server's watch cache holds of it,
 * which is stored where admission changes anything of the object.
 */
async function isKept(
  resource: Resource,
  guard: Guard,
  left: readonly KubernetesObject[],
  { cluster, signal }: ClusterWork,
): Promise<boolean> {
  for (const each of left) {
    try {
      const original = await readGuarded(cluster, guard.from, each, signal);
      const expected = await guard.expected(original);
      const cached = await readCached(cluster, resource, each, signal);
      if (cached.metadata.resourceVersion === original.metadata.resourceVersion)
        await guard.assertKept(original, cached, expected);
    } catch (error) {
      signal.throwIfAborted();
      if (!hasErrorStatus(error, 404)) return false; // one that is gone needs no conversion
    }
  }
  return true;
}
