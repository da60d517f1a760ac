import type { Finding } from "./finding";

/** A finding that somebody has looked at and accepts. */
export interface Acknowledgement {
  /** The check whose finding it is, as the error names it: `maximum-lowered`. docs/checks.md lists them. */
  check: string;
  /** What it was found in, as the error names it: `v1.spec.replicas`. */
  path: string;
  /** Why it is no reason to stop, for whoever reads it later. */
  reason: string;
}

export type AcknowledgedFinding = Finding & { acknowledged?: string };

/** Each finding with the reason why it is accepted, and the acknowledgements that no finding matches any more. */
export function applyAcknowledgements(
  findings: readonly Finding[],
  acknowledgements: readonly Acknowledgement[],
): { findings: AcknowledgedFinding[]; unused: Acknowledgement[] } {
  const reasons = new Map(acknowledgements.map((each) => [keyOf(each), each.reason]));
  const found = new Set(findings.map(keyOf));
  return {
    findings: findings.map((finding) => {
      const acknowledged = reasons.get(keyOf(finding));
      return acknowledged === undefined ? finding : { ...finding, acknowledged };
    }),
    unused: acknowledgements.filter((each) => !found.has(keyOf(each))),
  };
}

export function isUnacknowledgedError({ severity, acknowledged }: AcknowledgedFinding): boolean {
  return severity === "error" && acknowledged === undefined;
}

function keyOf({ check, path }: { check: string; path: string }): string {
  return JSON.stringify([check, path]);
}
