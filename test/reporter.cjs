/** Ends a run in the plain line `N passed, N failed`. A file that could not run at all counts as a failure, and so do a run without tests and a check that failed before it (.ci/run). */
module.exports = class Reporter {
  onRunComplete(_contexts, results) {
    const broken = results.numRuntimeErrorTestSuites;
    this.failed = results.numFailedTests + broken + (results.numTotalTests + broken === 0 ? 1 : 0);
    const check = process.env.CHECK_FAILED ? ["`npm run check` failed: what it printed is above", ""] : [];
    this.failed += check.length > 0 ? 1 : 0;
    const skipped = namesOf(results, ["pending", "todo"]);
    const lines = skipped.length > 0 ? [`${skipped.length} skipped:`, ...skipped.map((name) => `  ${name}`), ""] : [];
    lines.push(...check, `${results.numPassedTests} passed, ${this.failed} failed`);
    // Jest's own summary comes after every other reporter.
    process.once("exit", () => process.stdout.write(`\n${lines.join("\n")}\n`));
  }

  getLastError() {
    return this.failed > 0 ? new Error(`${this.failed} failed`) : undefined;
  }
};

function namesOf(results, statuses) {
  const tests = results.testResults.flatMap((file) => file.testResults);
  return tests.filter(({ status }) => statuses.includes(status)).map(({ fullName }) => fullName);
}
