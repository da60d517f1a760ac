const MOST = 10;

/** Findings as indented lines, the first ten and how many more. */
export function boundedList(findings: readonly string[]): string {
  const shown = findings.slice(0, MOST).map((each) => `\n  ${each}`);
  const more = findings.length > MOST ? `\n  and ${findings.length - MOST} more` : "";
  return shown.join("") + more;
}
