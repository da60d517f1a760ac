import type { ComponentPlan, Plan, PlannedStep, Remark } from "../../plan/document";
import { summarizePlan } from "./summarizePlan";

/** For people: the counts first, then each component, step by step. */
export function renderPlanText(plan: Plan): string {
  const others = plan.otherErrors.length === 0 ? [] : [section("elsewhere", plan.otherErrors.map(indented))];
  return [`${summarizePlan(plan)}\n`, ...plan.components.map(renderComponent), ...others].join("\n");
}

function renderComponent({ component, name, steps, findings, notes, notLookedAt }: ComponentPlan): string {
  const lists = [
    section(
      "findings",
      findings.map(({ severity, ...remark }) => renderRemark(remark, `${severity}, `)),
    ),
    section(
      "notes",
      notes.map((note) => renderRemark(note)),
    ),
    section(
      "not looked at",
      notLookedAt.map((each) => renderRemark(each)),
    ),
  ];
  return `${component} ${name}\n${steps.map(renderStep).join("")}${lists.join("")}`;
}

function renderStep({ phase, about, does, undo, onFailure }: PlannedStep): string {
  const lines = [
    `  ${phase} ${about}`,
    ...does.map((sentence) => `    ${sentence}`),
    `    undo:       ${undo}`,
    `    on failure: ${onFailure}`,
  ];
  return `${lines.join("\n")}\n`;
}

function section(heading: string, entries: readonly string[]): string {
  return entries.length === 0 ? "" : `  ${heading}\n${entries.map((entry) => `${entry}\n`).join("")}`;
}

function renderRemark({ phase, text }: Remark, before = ""): string {
  return indented(`${before}${phase}: ${text}`);
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
