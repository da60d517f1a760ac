import type { Plan } from "../../plan/document";
import { describeCount } from "../../kubernetes/count";

/** The counts, as one line. */
export function summarizePlan({ counts }: Plan): string {
  const { steps, cannotBeUndone, errors, warnings, notLookedAt } = counts;
  const parts = [
    ...(errors > 0 ? [`${describeCount(errors, "error")}: it does not go ahead`] : []),
    steps === 0 ? "nothing to do" : describeCount(steps, "step"),
    ...(steps === 0 ? [] : [cannotBeUndone === 0 ? "all can be undone" : `${cannotBeUndone} cannot be undone`]),
    describeCount(warnings, "warning"),
    `${notLookedAt} not looked at`,
  ];
  return parts.join(", ");
}
