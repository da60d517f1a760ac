import type { AcknowledgedFinding } from "../../compatibility/acknowledgements";
import { summarizeReports, type CrdReport } from "./report";
import { describePairVersions } from "../inputs/pairs";

export interface TextOptions {
  /** Every finding, instead of the first of each severity. */
  readonly all: boolean;
  readonly colour: boolean;
}

const SHOWN = 10;
/** Longer paths stand out of line rather than push everything to the right. */
const WIDEST_PATH = 60;
const CODES: Record<string, string> = { bold: "1", error: "31", warning: "33", info: "2", acknowledged: "2" };

type Paint = (style: string, text: string) => string;

/** For people: each CRD that has findings, then one line with the counts. */
export function renderReportsAsText(reports: readonly CrdReport[], { all, colour }: TextOptions): string {
  const paint: Paint = (style, text) => (colour ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
  const blocks = reports.filter(({ findings }) => findings.length > 0).map((report) => reportText(report, all, paint));
  return [...blocks, `${summarizeReports(reports)}\n`].join("\n");
}

function reportText(report: CrdReport, all: boolean, paint: Paint): string {
  const heading = `${paint("bold", report.crd)}: ${describePairVersions(report)}\n`;
  const parts = ["error", "warning", "info", "acknowledged"].map((label) => {
    const findings = report.findings.filter((finding) => labelOf(finding) === label);
    const shown = all ? findings : findings.slice(0, SHOWN);
    const rest = findings.length - shown.length;
    const more = rest > 0 ? `  … and ${rest} more of ${label}; --all shows them\n` : "";
    return (
      groupByCheck(shown)
        .map((group) => renderGroup(group, label, paint))
        .join("") + more
    );
  });
  return heading + parts.join("");
}

function labelOf({ severity, acknowledged }: AcknowledgedFinding): string {
  return acknowledged === undefined ? severity : "acknowledged";
}

/** Findings that share why and fix, which are said once. */
function groupByCheck(findings: readonly AcknowledgedFinding[]): AcknowledgedFinding[][] {
  const groups = new Map<string, AcknowledgedFinding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.check, finding.why, finding.fix, finding.acknowledged]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()];
}

function renderGroup(group: readonly AcknowledgedFinding[], label: string, paint: Paint): string {
  const [first] = group;
  if (first === undefined) return "";
  const width = Math.max(...group.map(({ path }) => path.length).filter((length) => length <= WIDEST_PATH), 0);
  const { acknowledged, why, fix } = first;
  const lines = [
    `  ${paint(label, label)} ${first.check}`,
    ...group.map(({ path, what }) => `    ${path.padEnd(width)}  ${what}`),
    ...(acknowledged === undefined ? [`    why: ${why}`, `    fix: ${fix}`] : [`    reason: ${acknowledged}`]),
  ];
  return `${lines.join("\n")}\n`;
}
