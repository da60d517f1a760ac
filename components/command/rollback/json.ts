import type { RollbackReport } from "./report";

/** For programs: everything that was seen and decided. */
export function renderRollbackAsJson(report: RollbackReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
