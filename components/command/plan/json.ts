import type { Plan } from "../../plan/document";

/** For programs: the whole document, as docs/plan.md has it. */
export function renderPlanAsJson(plan: Plan): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`;
}
