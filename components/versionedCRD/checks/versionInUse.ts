import { describeProblem } from "../../kubernetes/problem";
import { describeUsageSince, describeUsageMoment } from "../../migration/usage/describeUsage";
import type { RequestsSince } from "../../migration/usage/requestRecord";
import type { Acknowledgement } from "../../compatibility/acknowledgements";
import { acknowledgedReason } from "../../provider/acknowledgements";

export interface VersionInUse {
  readonly crd: string;
  /** The version that stays. */
  readonly storage: string;
  /** By version that goes. */
  readonly requests: Readonly<Record<string, RequestsSince>>;
  /** When migrate ended, in milliseconds since 1970. */
  readonly since: number;
  readonly acknowledge: readonly Acknowledgement[] | undefined;
}

/**
 * Nobody may have written through a version that is to go since migrate ended, unless the user says that it does not matter.
 * Only writes count: reads are Kubernetes' own and ours as well (docs/decisions/0018).
 */
export function versionInUse({ crd, storage, requests, since, acknowledge }: VersionInUse) {
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const [version, found] of Object.entries(requests).sort()) {
    if (found.writes === 0) continue;
    const what = `${crd}: ${describeUsageSince(found)} through ${version} since migrate ended (${describeUsageMoment(since)})`;
    const reason = acknowledgedReason(acknowledge, "version-in-use", version);
    if (reason !== undefined) {
      warnings.push(`${what}; acknowledged: ${reason}`);
      continue;
    }
    problems.push(
      describeProblem({
        what,
        expected: `none before ${version} is dropped`,
        why: "whoever made them gets 404 from then on",
        next: `have them use ${storage} (a preview with stopAfter: "migrate" names the managers); or, where they are gone or may break, set acknowledge: [{ check: "version-in-use", path: "${version}", reason: "…" }]`,
      }),
    );
  }
  return { problems, warnings };
}
