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
export function rowsOf({ crds }: SeenCluster, { all, named }: Shown): readonly JudgedCrd[] {
  return all || named ? crds : crds.filter(({ verdict }) => verdict !== "ok");
}

/** CRDs with something to say, the worst first. */
export function withFindings({ crds }: SeenCluster): JudgedCrd[] {
  const rank = (verdict: Verdict): number => VERDICTS.indexOf(verdict);
  return crds
    .filter(({ findings }) => findings.length > 0)
    .sort((left, right) => rank(right.verdict) - rank(left.verdict) || (left.facts.name < right.facts.name ? -1 : 1));
}

/** `37 CRDs: 34 ok, 2 migrate, 1 blocked`. */
export function summary({ crds }: SeenCluster): string {
  const of = (wanted: Verdict): number => crds.filter(({ verdict }) => verdict === wanted).length;
  const counts = VERDICTS.filter((verdict) => verdict === "ok" || of(verdict) > 0)
    .map((verdict) => `${of(verdict)} ${verdict}`)
    .join(", ");
  return `${crds.length} CRD${crds.length === 1 ? "" : "s"}: ${counts}`;
}

export function encryptionLine({ encryption }: SeenCluster): string | undefined {
  if (encryption === undefined) return undefined;
  const { description, servers, encrypted } = encryption;
  const hashes = [...new Set(Object.values(servers))];
  if (hashes.length === 1 && hashes[0] === "none") return `encryption at rest: none, ${description}`;
  const differ = hashes.length > 1 ? "which differ" : `${hashes[0] ?? "unknown"}`;
  const resources = encrypted.length === 0 ? "no resource seen encrypted since they started" : encrypted.join(", ");
  return `encryption at rest: configuration ${differ}, ${description}: ${resources}`;
}
