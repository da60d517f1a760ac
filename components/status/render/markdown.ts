import { problemInOneLine } from "../../kubernetes/problem";
import type { ClusterStatus, SeenCluster } from "../clusterStatus";
import type { JudgedCrd } from "../finding";
import { columnsOfTable } from "./columns";
import { selectShownCrds, SHOWN, selectCrdsWithFindings, type Shown } from "./selectCrds";
import { describeEncryptionAtRest } from "./encryptionAtRest";
import { summarizeVerdicts } from "./summarizeVerdicts";

/** For a pull request or an issue: the same as the text. */
export function renderStatusAsMarkdown(clusters: readonly ClusterStatus[], shown: Shown): string {
  return clusters.map((cluster) => renderClusterMarkdown(cluster, shown)).join("\n");
}

function renderClusterMarkdown(cluster: ClusterStatus, shown: Shown): string {
  const head = `### ${cluster.context}\n\n`;
  if ("error" in cluster) return `${head}could not be looked at: ${cluster.error.replace(/\s*\n\s*/g, "; ")}\n`;
  const rows = selectShownCrds(cluster, shown);
  const found = selectCrdsWithFindings(cluster);
  const listed = shown.all ? found : found.slice(0, SHOWN);
  const blocks = [
    summarizeVerdicts(cluster),
    ...(rows.length > 0 ? [renderTableMarkdown(rows, shown.wide)] : []),
    ...(cluster.problems.length > 0
      ? [cluster.problems.map((problem) => `- ${problemInOneLine(problem)}`).join("\n")]
      : []),
    ...(listed.length > 0 ? [listed.map(describeCrdMarkdown).join("\n")] : []),
    ...(found.length > listed.length ? [`… and ${found.length - listed.length} more CRDs; --all shows them`] : []),
    ...remarksMarkdown(cluster),
  ];
  return `${head}${blocks.join("\n\n")}\n`;
}

function renderTableMarkdown(rows: readonly JudgedCrd[], isWide: boolean): string {
  const all = columnsOfTable(isWide);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/\|/g, "\\|")).join(" | ")} |`;
  return [
    line(all.map(({ head }) => head.toLowerCase())),
    line(all.map(() => "---")),
    ...rows.map((row) => line(all.map(({ cell }) => cell(row)))),
  ].join("\n");
}

function describeCrdMarkdown({ facts, verdict, findings }: JudgedCrd): string {
  const points = findings.map(({ problem }) => `  - ${problemInOneLine(problem)}`);
  return [`- **${facts.name}**: ${verdict}`, ...points].join("\n");
}

function remarksMarkdown(cluster: SeenCluster): string[] {
  const { added, hidden } = cluster;
  const encryption = describeEncryptionAtRest(cluster);
  const lines = [
    ...(added.length > 0 ? [`- not in the cluster yet: ${added.join(", ")}`] : []),
    ...hidden.map((line) => `- not seen: ${line}`),
    ...(encryption === undefined ? [] : [`- ${encryption}`]),
  ];
  return lines.length === 0 ? [] : [lines.join("\n")];
}
