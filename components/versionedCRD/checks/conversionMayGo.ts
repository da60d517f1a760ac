import {
  applyAcknowledgements,
  isUnacknowledgedError,
  type Acknowledgement,
} from "../../compatibility/acknowledgements";
import { makeFindingOfCheck } from "../../compatibility/check";
import { conversionRemoved } from "../../compatibility/checks/definition/conversionRemoved";
import { isWebhookConversion } from "../../crd/conversion";
import type { Conversion, Definition } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";
import { removedStage } from "../stages";
import { prunesNothing } from "./prunesNothing";

/**
 * The versions that stay lose nothing to each other without the webhook that is to go with these versions. Serve asks both of the
 * manifest; with `--target` or `--exclude` drop runs without serve, and with a manifest that serve would refuse.
 *
 * @param live as serve left it
 * @param conversion what drop is to leave
 */
export function conversionMayGo(
  live: Definition,
  names: string[],
  conversion: Conversion | undefined,
  acknowledge: readonly Acknowledgement[] = [],
): string[] {
  if (!isWebhookConversion(live.spec.conversion)) return [];
  const next = removedStage(live, names, conversion);
  const pruned = prunesNothing(next, live);
  if (pruned.length > 0) return pruned; // what a rewrite deletes nobody can accept, so it is said once
  const found = conversionRemoved
    .compare(live, next)
    .map(({ below, what }) => makeFindingOfCheck(conversionRemoved, below, what));
  const refused = applyAcknowledgements(found, acknowledge).findings.filter(isUnacknowledgedError);
  return refused.map(({ path, what, why, fix }) =>
    describeProblem({
      what: `${live.metadata.name}: ${path}: ${what}`,
      expected: "a webhook, or one schema for all versions that stay",
      why,
      next: fix,
    }),
  );
}
