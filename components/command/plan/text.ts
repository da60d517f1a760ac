import type { ComponentPlan, Plan, PlannedStep, Remark } from "../../plan/document";
import { summarizePlan } from "./summarizePlan";

/** For people: the counts first, then each component, step by step. */
export function renderPlanAsText(plan: Plan): string {
  const others =
    plan.otherErrors.length === 0 ? [] : [renderTextSection("elsewhere", plan.otherErrors.map(indentPlanText))];
  return [`${summarizePlan(plan)}\n`, ...plan.components.map(renderComponentText), ...others].join("\n");
}

function renderComponentText({ component, name, steps, findings, notes, notLookedAt }: ComponentPlan): string {
  const lists = [
    renderTextSection(
      "findings",
      findings.map(({ severity, ...remark }) => renderRemarkText(remark, `${severity}, `)),
    ),
    renderTextSection(
      "notes",
      notes.map((note) => renderRemarkText(note)),
    ),
    renderTextSection(
      "not looked at",
      notLookedAt.map((each) => renderRemarkText(each)),
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

function renderTextSection(heading: string, entries: readonly string[]): string {
  return entries.length === 0 ? "" : `  ${heading}\n${entries.map((entry) => `${entry}\n`).join("")}`;
}

function renderRemarkText({ phase, text }: Remark, before = ""): string {
  return indentPlanText(`${before}${phase}: ${text}`);
}

function indentPlanText(text: string): string {
  return text.replace(/^/gm, "    ");
}
