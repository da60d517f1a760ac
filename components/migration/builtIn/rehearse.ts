import type { ClusterWork } from "../../kubernetes/cluster";
import { isDryRunUnsupportedError } from "../../kubernetes/errors";
import { assertNoneFailed } from "../rewrite/failures";
import { forEachObject } from "../rewrite/forEachObject";
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
  const rehearsed = await forEachObject(
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
  const { visited, gone, failedCount } = rehearsed;
  assertNoneFailed(rehearsed, {
    what: `${builtIn.name}: rehearsal: the rewrite of ${failedCount} of ${visited} objects would be refused; nothing was rewritten`,
    next: "fix these objects (or the admission rule that refuses them) and run `pulumi up` again",
  });
  if (unchecked > 0)
    work.warn(
      `not checked: whether the rewrite of ${formatCount(unchecked)} objects is accepted: an admission webhook does not support dry runs`,
    );
  return visited - gone;
}
