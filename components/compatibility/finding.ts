export type Severity = "error" | "warning" | "info";

/** One change between two CRDs that somebody may feel. */
export interface Finding {
  /** Which check found it: an id that never changes, as in docs/checks.md. */
  check: string;
  /** Where: the version's name first (`v1.spec.hosts[].name`), or the field of the CRD itself (`spec.scope`). */
  path: string;
  severity: Severity;
  /** The change with both values. */
  what: string;
  /** Whom it breaks, and how. */
  why: string;
  /** What to do about it. */
  fix: string;
}

const ORDER: readonly Severity[] = ["error", "warning", "info"];

/** Errors first; then by path, check and change, so that the same input gives the same bytes. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (left, right) =>
      ORDER.indexOf(left.severity) - ORDER.indexOf(right.severity) ||
      byText(left.path, right.path) ||
      byText(left.check, right.check) ||
      byText(left.what, right.what),
  );
}

/** By code unit: a locale would sort the same findings differently on another machine. */
function byText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
