/** Ends a run in the plain line `N passed, N failed`. A file that could not run at all counts as a failure, and so does a run without tests. */
module.exports = class Reporter {
  onRunComplete(_contexts, results) {
    const skipped = results.numPendingTests + results.numTodoTests;
    if (skipped > 0)
      console.log(
        `\n${skipped} skipped:${names(results)
          .map((name) => `\n  ${name}`)
          .join("")}`,
      );
    this.failed =
      results.numFailedTests +
      results.numRuntimeErrorTestSuites +
      (results.numTotalTests + results.numRuntimeErrorTestSuites === 0 ? 1 : 0);
    console.log(`\n${results.numPassedTests} passed, ${this.failed} failed`);
  }

  getLastError() {
    return this.failed > 0 ? new Error(`${this.failed} failed`) : undefined;
  }
};

function names(results) {
  return results.testResults.flatMap((file) =>
    file.testResults.filter(({ status }) => status === "pending" || status === "todo").map(({ fullName }) => fullName),
  );
}
