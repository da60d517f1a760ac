import type { CrdReport } from "./report";

/** For programs: every finding, with its CRD. */
export function renderReportsAsJson(reports: readonly CrdReport[]): string {
  const findings = reports.flatMap(({ crd, findings }) =>
    findings.map(({ check, path, severity, what, why, fix, acknowledged }) => ({
      ...{ crd, check, path, severity, what, why, fix },
      ...(acknowledged !== undefined && { acknowledged }),
    })),
  );
  return `${JSON.stringify({ findings }, undefined, 2)}\n`;
}
