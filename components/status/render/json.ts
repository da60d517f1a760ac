import type { ClusterStatus } from "../clusterStatus";
import type { JudgedCrd } from "../finding";

/** For programs: everything that was seen, every CRD. */
export function renderStatusAsJson(clusters: readonly ClusterStatus[]): string {
  const clustersAsData = clusters.map((cluster) =>
    "error" in cluster ? cluster : { ...cluster, crds: cluster.crds.map(asData) },
  );
  return `${JSON.stringify({ clusters: clustersAsData }, sortedKeys, 2)}\n`;
}

function asData({ facts, verdict, findings }: JudgedCrd): object {
  return { ...facts, verdict, findings: findings.map(({ verdict, problem }) => ({ verdict, ...problem })) };
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
