import { problemInOneLine } from "../../kubernetes/problem";
import { escapeMarkdown } from "../markdown";
import type { RollbackReport } from "./report";
import { describeSections, describeVerdict, describeWhen, tableOfVersions } from "./sections";

/** For a pull request or an issue: the same as the text. */
export function renderRollbackAsMarkdown(report: RollbackReport): string {
  const { context, server, blockers, steps } = report;
  const [heads = [], ...rows] = tableOfVersions(report);
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  const blocks = [
    `### ${escapeMarkdown(describeVerdict(report))}`,
    escapeMarkdown(`context ${context}, ${server}`),
    [line(heads.map((head) => head.toLowerCase())), line(heads.map(() => "---")), ...rows.map(line)].join("\n"),
    ...(blockers.length === 0 ? [] : [renderMarkdownList("Blocks", blockers.map(problemInOneLine))]),
    ...describeSections(report).map(({ heading, lines }) => renderMarkdownList(heading, lines)),
    `${escapeMarkdown(describeWhen(report))}${steps.length === 0 ? "" : ":"}`,
    ...steps.map(({ what, command }, index) => {
      const block = command === undefined ? "" : `\n\n   \`\`\`sh\n   ${command}\n   \`\`\``;
      return `${index + 1}. ${escapeMarkdown(what)}${block}`;
    }),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function renderMarkdownList(heading: string, lines: readonly string[]): string {
  return [`${escapeMarkdown(heading)}:`, "", ...lines.map((line) => `- ${escapeMarkdown(line)}`)].join("\n");
}
