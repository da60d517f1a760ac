import type { Plan } from "../../plan/document";
import { count } from "../count";

/** The counts, as one line. */
export function summarizePlan({ counts }: Plan): string {
  const { steps, cannotBeUndone, errors, warnings, notLookedAt } = counts;
  const parts = [
    ...(errors > 0 ? [`${count(errors, "error")}: it does not go ahead`] : []),
    steps === 0 ? "nothing to do" : count(steps, "step"),
    ...(steps === 0 ? [] : [`${cannotBeUndone === 0 ? "none" : cannotBeUndone} cannot be undone`]),
    count(warnings, "warning"),
    `${notLookedAt} not looked at`,
  ];
  return parts.join(", ");
}
