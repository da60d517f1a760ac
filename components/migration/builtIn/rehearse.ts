import type { ClusterWork } from "../../kubernetes/cluster";
import { UserError, isDryRunUnsupportedError } from "../../kubernetes/errors";
import { withFailures } from "../rewrite/failures";
import { forEachObject } from "../rewrite/objects";
import { touchObject } from "../rewrite/touch";
import type { BuiltIn } from "./builtIn";
import { formatCount } from "../../kubernetes/count";

/**
 * Every object by dry run of its rewrite: validation and admission of today may refuse what they once took. Writes nothing, and
 * no object's content leaves the API server.
 *
 * @returns how many were rehearsed
 * @throws UserError naming those that would fail
 */
export async function rehearseBuiltIn(
  builtIn: BuiltIn,
  work: ClusterWork & { readonly warn: (message: string) => void },
): Promise<number> {
  let unchecked = 0;
  const { visited, gone, failed, failedCount } = await forEachObject(
    work.cluster,
    builtIn,
    async (listed) => {
      try {
        await touchObject(work.cluster, builtIn, listed, { signal: work.signal, isDry: true });
      } catch (error) {
        if (!isDryRunUnsupportedError(error)) throw error;
        unchecked++;
      }
    },
    { ...work, doing: "rehearsing" },
  );
  if (failedCount > 0) {
    const problem = {
      what: `${builtIn.name}: rehearsal: the rewrite of ${failedCount} of ${visited} objects would be refused; nothing was rewritten`,
      expected: "none",
      next: "fix these objects (or the admission rule that refuses them) and run `pulumi up` again",
    };
    throw new UserError(withFailures(problem, failed, failedCount));
  }
  if (unchecked > 0)
    work.warn(
      `not checked: whether the rewrite of ${formatCount(unchecked)} objects is accepted: an admission webhook does not support dry runs`,
    );
  return visited - gone;
}
