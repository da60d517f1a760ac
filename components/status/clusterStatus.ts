import type { Problem } from "../kubernetes/problem";
import type { EncryptionFacts } from "./facts";
import type { JudgedCrd } from "./finding";

/** One cluster, judged; `error` where it could not be looked at. */
export type ClusterStatus =
  | { readonly context: string; readonly error: string }
  | {
      readonly context: string;
      readonly server: string;
      readonly crds: readonly JudgedCrd[];
      readonly encryption?: EncryptionFacts;
      /** What is wrong with the cluster rather than with a CRD. */
      readonly problems: readonly Problem[];
      readonly hidden: readonly string[];
      /** CRDs of the next release that are not in the cluster. */
      readonly added: readonly string[];
    };

export type SeenCluster = Exclude<ClusterStatus, { error: string }>;

/** 0: all is ok. 1: something is not. 2: a cluster could not be looked at. */
export function exitCodeOfClusterStatus(clusters: readonly ClusterStatus[]): 0 | 1 | 2 {
  if (clusters.some((cluster) => "error" in cluster)) return 2;
  const isOk = (cluster: ClusterStatus): boolean =>
    !("error" in cluster) && cluster.problems.length === 0 && cluster.crds.every(({ verdict }) => verdict === "ok");
  return clusters.every(isOk) ? 0 : 1;
}
