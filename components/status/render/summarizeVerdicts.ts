import type { SeenCluster } from "../clusterStatus";
import { type Verdict, VERDICTS } from "../finding";
import { describeCount } from "../../kubernetes/count";

/** `37 CRDs: 34 ok, 2 migrate, 1 blocked`. */
export function summarizeVerdicts({ crds }: SeenCluster): string {
  const of = (wanted: Verdict): number => crds.filter(({ verdict }) => verdict === wanted).length;
  const counts = VERDICTS.filter((verdict) => verdict === "ok" || of(verdict) > 0)
    .map((verdict) => `${of(verdict)} ${verdict}`)
    .join(", ");
  return `${describeCount(crds.length, "CRD")}: ${counts}`;
}
