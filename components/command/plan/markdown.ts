import type { ComponentPlan, Plan, Remark } from "../../plan/document";
import { quoteMarkdownCode, escapeMarkdown } from "../markdown";
import { summarizePlan } from "./summarizePlan";

/** GitHub takes 65,536 characters for a comment; the rest is for a line of the pipeline's own. */
const MOST = 65_000;

/** For a comment on a pull request: a table of steps, then what was found; cut where the comment would grow too long. */
export function renderPlanAsMarkdown(plan: Plan): string {
  const lines = [
    `**Storage migration plan:** ${escapeMarkdown(summarizePlan(plan))}`,
    ...plan.components.flatMap(renderComponentMarkdown),
    ...renderMarkdownList("Errors elsewhere", plan.otherErrors.map(escapeMarkdown)),
  ];
  let text = "";
  for (const [index, line] of lines.entries()) {
    const rest = `\n… and ${lines.length - index} more lines\n`;
    if (text.length + line.length + 1 + rest.length > MOST) return text + rest;
    text += `${line}\n`;
  }
  return text;
}

function renderComponentMarkdown({ component, name, steps, findings, notes, notLookedAt }: ComponentPlan): string[] {
  const rows = steps.map(
    ({ phase, about, does, undo, onFailure }) =>
      `| ${escapeMarkdown(phase)}<br>${quoteMarkdownCode(about)} | ${does.map(escapeMarkdown).join("<br>")} | ${escapeMarkdown(undo)} | ${escapeMarkdown(onFailure)} |`,
  );
  const table = ["", "| step | does | can it be undone | on failure |", "|---|---|---|---|", ...rows];
  return [
    "",
    `### ${component} ${quoteMarkdownCode(name)}`,
    ...(rows.length === 0 ? [] : table),
    ...renderMarkdownList(
      "Findings",
      findings.map(({ severity, ...remark }) => renderRemarkMarkdown(remark, `**${severity}**, `)),
    ),
    ...renderMarkdownList(
      "Notes",
      notes.map((note) => renderRemarkMarkdown(note)),
    ),
    ...renderMarkdownList(
      "Not looked at",
      notLookedAt.map((each) => renderRemarkMarkdown(each)),
    ),
  ];
}

function renderMarkdownList(heading: string, entries: readonly string[]): string[] {
  return entries.length === 0 ? [] : ["", `${heading}:`, "", ...entries.map((entry) => `- ${entry}`)];
}

function renderRemarkMarkdown({ phase, text }: Remark, before = ""): string {
  return `${before}${escapeMarkdown(phase)}: ${escapeMarkdown(text)}`;
}
