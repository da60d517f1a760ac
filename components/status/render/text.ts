import { alignColumns } from "../../kubernetes/columns";
import { describeProblem } from "../../kubernetes/problem";
import type { ClusterStatus, SeenCluster } from "../clusterStatus";
import type { JudgedCrd } from "../finding";
import { columnsOfTable } from "./columns";
import { selectShownCrds, SHOWN, selectCrdsWithFindings, type Shown } from "./selectCrds";
import { describeManifestOwners } from "../manifestOwners";
import { describeEncryptionAtRest } from "./encryptionAtRest";
import { summarizeVerdicts } from "./summarizeVerdicts";

/** For people: a table for each cluster, and below it what is wrong and what to do. */
export function renderStatusAsText(clusters: readonly ClusterStatus[], shown: Shown): string {
  return clusters.map((cluster) => renderClusterText(cluster, shown)).join("\n");
}

function renderClusterText(cluster: ClusterStatus, shown: Shown): string {
  if ("error" in cluster)
    return `context ${cluster.context}: could not be looked at\n  ${indentStatusText(cluster.error)}\n`;
  const rows = selectShownCrds(cluster, shown);
  const parts = [
    `context ${cluster.context}, ${cluster.server}: ${summarizeVerdicts(cluster)}`,
    ...(rows.length > 0 ? [renderTableText(rows, shown.wide)] : []),
    ...cluster.problems.map(describeProblem),
    ...renderFindingsText(cluster, shown),
    footer(cluster),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function renderTableText(rows: readonly JudgedCrd[], isWide: boolean): string {
  const all = columnsOfTable(isWide);
  return alignColumns([all.map(({ head }) => head), ...rows.map((row) => all.map(({ cell }) => cell(row)))]);
}

function renderFindingsText(cluster: SeenCluster, { all }: Shown): string[] {
  const found = selectCrdsWithFindings(cluster);
  const shown = all ? found : found.slice(0, SHOWN);
  const more = found.length - shown.length;
  return [...shown.map(describeCrdText), ...(more > 0 ? [`… and ${more} more CRDs; --all shows them`] : [])];
}

function describeCrdText({ facts, verdict, findings }: JudgedCrd): string {
  const owner = describeManifestOwners(facts);
  const head = `${facts.name}: ${verdict === "ok" ? "ok, but" : verdict}${owner === "" ? "" : ` (manifest of ${owner})`}`;
  return [head, ...findings.map(({ problem }) => `  ${indentStatusText(describeProblem(problem))}`)].join("\n");
}

function footer(cluster: SeenCluster): string {
  const { added, hidden } = cluster;
  return [
    ...(added.length > 0 ? [`not in the cluster yet, so nothing to refuse: ${added.join(", ")}`] : []),
    ...hidden.map((line) => `not seen: ${line}`),
    ...[describeEncryptionAtRest(cluster) ?? ""],
  ]
    .filter((line) => line !== "")
    .join("\n");
}

function indentStatusText(text: string): string {
  return text.replace(/\n/g, "\n  ");
}
