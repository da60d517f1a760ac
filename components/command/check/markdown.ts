import type { AcknowledgedFinding } from "../../compatibility/acknowledgements";
import { quoteMarkdownCode, escapeMarkdown } from "../markdown";
import { summarizeReports, type CrdReport } from "./report";

/** GitHub takes 65,536 characters for a comment; the rest is for a line of the pipeline's own. */
const MOST = 65_000;

/** A table for a comment on a pull request: errors first, cut where the comment would grow too long. */
export function renderReportsAsMarkdown(reports: readonly CrdReport[]): string {
  const heading = `**CRD compatibility:** ${escapeMarkdown(summarizeReports(reports))}\n`;
  const rows = sortedRows(reports);
  if (rows.length === 0) return heading;
  let text = `${heading}\n| | CRD and path | change | why, and what to do |\n|---|---|---|---|\n`;
  for (const [index, row] of rows.entries()) {
    const rest = `\n… and ${rows.length - index} more\n`;
    const isLast = index === rows.length - 1;
    if (text.length + row.length + (isLast ? 0 : rest.length) > MOST) return text + rest;
    text += row;
  }
  return text;
}

const ORDER = ["error", "warning", "info", "acknowledged"];

function sortedRows(reports: readonly CrdReport[]): string[] {
  const findings = reports.flatMap(({ crd, findings }) => findings.map((finding) => ({ crd, finding })));
  return ORDER.flatMap((label) =>
    findings
      .filter(({ finding: { severity, acknowledged } }) => (acknowledged ? "acknowledged" : severity) === label)
      .map(({ crd, finding }) => row(crd, finding, label)),
  );
}

function row(crd: string, { check, path, what, why, fix, acknowledged }: AcknowledgedFinding, label: string): string {
  const advice =
    acknowledged === undefined
      ? `${escapeMarkdown(why)} ${escapeMarkdown(fix)}`
      : `accepted: ${escapeMarkdown(acknowledged)}`;
  return `| ${label} | ${quoteMarkdownCode(crd)}<br>${quoteMarkdownCode(path)} | ${escapeMarkdown(what)} (${quoteMarkdownCode(check)}) | ${advice} |\n`;
}
