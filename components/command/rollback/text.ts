import { alignColumns } from "../../kubernetes/columns";
import { describeProblem } from "../../kubernetes/problem";
import type { RollbackReport } from "./report";
import { describeSections, describeVerdict, describeWhen, tableOfVersions } from "./sections";

/** For people: the verdict, what blocks, what was seen, and the steps. */
export function renderRollbackAsText(report: RollbackReport): string {
  const { context, server, blockers, steps } = report;
  const blocks = [
    `context ${context}, ${server}: ${describeVerdict(report)}`,
    alignColumns(tableOfVersions(report)),
    ...blockers.map(describeProblem),
    ...describeSections(report).map(({ heading, lines }) =>
      [`${heading}:`, ...lines.map((line) => `  ${line}`)].join("\n"),
    ),
    [
      `${describeWhen(report)}${steps.length === 0 ? "" : ":"}`,
      ...steps.flatMap(({ what, command }, index) => [
        `  ${index + 1}. ${what}`,
        ...(command === undefined ? [] : [`     ${command}`]),
      ]),
    ].join("\n"),
  ];
  return `${blocks.join("\n\n")}\n`;
}
