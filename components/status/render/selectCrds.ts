import type { SeenCluster } from "../clusterStatus";
import { VERDICTS, type JudgedCrd, type Verdict } from "../finding";

/** What of it is shown. */
export interface Shown {
  /** Every CRD and every finding. */
  readonly all: boolean;
  /** The CRDs were named, so they are shown also where they are ok. */
  readonly named: boolean;
  readonly wide: boolean;
}

/** CRDs whose findings are shown without `--all`. */
export const SHOWN = 20;

/** A row each; those that are ok are a count, unless somebody asked for them. */
export function selectShownCrds({ crds }: SeenCluster, { all, named }: Shown): readonly JudgedCrd[] {
  return all || named ? crds : crds.filter(({ verdict }) => verdict !== "ok");
}

/** CRDs with something to say, the worst first. */
export function selectCrdsWithFindings({ crds }: SeenCluster): JudgedCrd[] {
  const rank = (verdict: Verdict): number => VERDICTS.indexOf(verdict);
  return crds
    .filter(({ findings }) => findings.length > 0)
    .sort((left, right) => rank(right.verdict) - rank(left.verdict) || (left.facts.name < right.facts.name ? -1 : 1));
}
