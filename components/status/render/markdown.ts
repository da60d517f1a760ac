import { inOneLine } from "../../kubernetes/problem";
import type { ClusterStatus, SeenCluster } from "../clusterStatus";
import type { JudgedCrd } from "../finding";
import { columns } from "./columns";
import { encryptionLine, rowsOf, SHOWN, summary, withFindings, type Shown } from "./selection";

/** For a pull request or an issue: the same as the text. */
export function renderMarkdown(clusters: readonly ClusterStatus[], shown: Shown): string {
  return clusters.map((cluster) => renderCluster(cluster, shown)).join("\n");
}

function renderCluster(cluster: ClusterStatus, shown: Shown): string {
  const head = `### ${cluster.context}\n\n`;
  if ("error" in cluster) return `${head}could not be looked at: ${cluster.error.replace(/\s*\n\s*/g, "; ")}\n`;
  const rows = rowsOf(cluster, shown);
  const found = withFindings(cluster);
  const listed = shown.all ? found : found.slice(0, SHOWN);
  const blocks = [
    summary(cluster),
    ...(rows.length > 0 ? [table(rows, shown.wide)] : []),
    ...(cluster.problems.length > 0 ? [cluster.problems.map((problem) => `- ${inOneLine(problem)}`).join("\n")] : []),
    ...(listed.length > 0 ? [listed.map(describeCrd).join("\n")] : []),
    ...(found.length > listed.length ? [`… and ${found.length - listed.length} more CRDs; --all shows them`] : []),
    ...remarks(cluster),
  ];
  return `${head}${blocks.join("\n\n")}\n`;
}

function table(rows: readonly JudgedCrd[], isWide: boolean): string {
  const all = columns(isWide);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/\|/g, "\\|")).join(" | ")} |`;
  return [
    line(all.map(({ head }) => head.toLowerCase())),
    line(all.map(() => "---")),
    ...rows.map((row) => line(all.map(({ cell }) => cell(row)))),
  ].join("\n");
}

function describeCrd({ facts, verdict, findings }: JudgedCrd): string {
  const points = findings.map(({ problem }) => `  - ${inOneLine(problem)}`);
  return [`- **${facts.name}**: ${verdict}`, ...points].join("\n");
}

function remarks(cluster: SeenCluster): string[] {
  const { added, hidden } = cluster;
  const encryption = encryptionLine(cluster);
  const lines = [
    ...(added.length > 0 ? [`- not in the cluster yet: ${added.join(", ")}`] : []),
    ...hidden.map((line) => `- not seen: ${line}`),
    ...(encryption === undefined ? [] : [`- ${encryption}`]),
  ];
  return lines.length === 0 ? [] : [lines.join("\n")];
}
