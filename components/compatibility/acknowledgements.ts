import type { Finding } from "./finding";

/** A finding that somebody has looked at and accepts, with the reason for whoever reads it later. */
export interface Acknowledgement {
  check: string;
  path: string;
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

export function countsAsError({ severity, acknowledged }: AcknowledgedFinding): boolean {
  return severity === "error" && acknowledged === undefined;
}

function keyOf({ check, path }: { check: string; path: string }): string {
  return JSON.stringify([check, path]);
}
