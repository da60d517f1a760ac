import { spawnSync } from "node:child_process";
import { checkout } from "../../local/checkout";

/** What the reporter prints for these tests, by their status and name. */
function printed(...tests: [status: string, fullName: string][]): string {
  return printedWith({}, ...tests);
}

function printedWith(env: NodeJS.ProcessEnv, ...tests: [status: string, fullName: string][]): string {
  const count = (status: string): number => tests.filter(([each]) => each === status).length;
  const testResults = tests.map(([status, fullName]) => ({ status, fullName }));
  const results = {
    numRuntimeErrorTestSuites: 0,
    numFailedTests: count("failed"),
    numPassedTests: count("passed"),
    numTotalTests: tests.length,
    testResults: [{ testResults }],
  };
  const script = `const Reporter = require(${JSON.stringify(checkout("test", "reporter.cjs"))});
    new Reporter().onRunComplete({}, ${JSON.stringify(results)});`;
  return spawnSync(process.execPath, ["-e", script], {
    encoding: "utf8",
    env: { ...process.env, CHECK_FAILED: undefined, ...env },
  }).stdout;
}

test("the last line counts what passed and what failed; what was skipped stands before it by name, and is in neither", () => {
  const skipped = "the official plugin awaits (needs the official kubernetes plugin)";
  const output = printed(["passed", "one"], ["pending", skipped], ["failed", "two"], ["passed", "three"]);
  expect(output).toBe(`\n1 skipped:\n  ${skipped}\n\n2 passed, 1 failed\n`);
});

test("nothing skipped, nothing said of it; no test at all is a failure", () => {
  expect(printed(["passed", "one"])).toBe("\n1 passed, 0 failed\n");
  expect(printed()).toBe("\n0 passed, 1 failed\n");
});

test("a check that failed before the tests counts as one more failure, and is named", () => {
  const output = printedWith({ CHECK_FAILED: "1" }, ["passed", "one"]);
  expect(output).toBe("\n`npm run check` failed: what it printed is above\n\n1 passed, 1 failed\n");
});
