import { execFileSync } from "child_process";
import { Lines } from "../../../../components/command/migrate/lines";
import {
  describeMigrationOutcomes,
  describeMigrationProblem,
} from "../../../../components/command/migrate/describeMigration";
import { inBatches } from "../../../../components/migration/foreign/inBatches";
import type { Terminal } from "../../../../components/command/subcommand";
import { checkout } from "../../../../local/checkout";
import { runCommand } from "../runCommand";

test.each([
  [[], "no RESOURCE is given"],
  [["a.example.com", "--dry-run", "--yes"], "--dry-run and --yes are given"],
  [["a.example.com", "--migrator", "mine"], "--migrator is mine"],
  [["a.example.com", "--request-timeout-seconds", "0"], "--request-timeout-seconds is 0"],
  [["a.example.com", "--request-timeout-seconds", "1m"], "--request-timeout-seconds is 1m"],
])("%j => exit code 2, what is wrong, then the usage", async (args, said) => {
  const { code, out, err } = await runCommand("migrate", ...args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(new RegExp(`^${said}\\n(.*\\n)*usage: kubernetes-storage-migration migrate `));
});

test.each(["a_b", "*", "Foo.example.com"])(
  "%s names no resource => exit code 2, before a cluster is asked",
  async (name) => {
    const { code, err } = await runCommand("migrate", name, "--kubeconfig", "/nowhere");
    expect(code).toBe(2);
    expect(err).toMatch(/^resource ".+" is no name of a resource\n {2}expected: metadata.name of a CRD/);
  },
);

test("the bin loads no Pulumi package", () => {
  const script = `require("./components/command/main");
    console.log(JSON.stringify(Object.keys(require.cache).filter((file) => /node_modules.(@pulumi)/.test(file))));`;
  const args = ["-r", "ts-node/register/transpile-only", "-e", script];
  const out = execFileSync(process.execPath, args, { cwd: checkout(), encoding: "utf8" });
  expect(JSON.parse(out)).toEqual([]);
});

test("the engine's next step, written for Pulumi's users, is this command; another stack's `pulumi up` stays", () => {
  const text = describeMigrationProblem({ what: "x", next: "fix it, then run `pulumi up` again" });
  expect(text).toBe("x\n  next:     fix it, then run this command again");
  expect(describeMigrationProblem({ what: "x", next: "run `pulumi up` in that stack" })).toContain(
    "`pulumi up` in that stack",
  );
});

test("the summary is aligned, one row a CRD", () => {
  const text = describeMigrationOutcomes([
    { name: "nodes.example.com", stored: "v1, v2 → v2", objects: 1204, rewritten: 3, result: "proven" },
    { name: "b.example.com", stored: "v1", result: "not migrated", problem: { what: "no" } },
  ]);
  expect(text).toBe(
    [
      "RESOURCE           STORED VERSIONS  OBJECTS  REWRITTEN  RESULT",
      "nodes.example.com  v1, v2 → v2      1,204    3          proven",
      "b.example.com      v1                                   not migrated",
      "",
    ].join("\n"),
  );
});

describe("progress on standard error", () => {
  const terminal = (overwrite?: (line: string) => void) => {
    const said: string[] = [];
    const lines = new Lines({
      complain: (text: string) => void said.push(text),
      progress: overwrite ?? (() => undefined),
      showsProgress: overwrite !== undefined,
    } as Terminal);
    return { said, lines };
  };

  test("a file gets one line of those that differ in their numbers alone, and each other one", () => {
    const { said, lines } = terminal();
    for (const left of [3, 2, 1]) lines.report("a", `waiting ${left} s`);
    lines.report("b", "waiting 3 s");
    lines.report("a", "rewriting 1 / 9");
    expect(said).toEqual(["a: waiting 3 s", "b: waiting 3 s", "a: rewriting 1 / 9"]);
  });

  test("a screen gets each in the place of the last, and a line that stays after that is wiped", () => {
    const over: string[] = [];
    const { said, lines } = terminal((line) => void over.push(line));
    lines.report("a", "waiting 3 s");
    lines.report("a", "waiting 2 s");
    lines.say("a", "done");
    expect([over, said]).toEqual([["a: waiting 3 s", "a: waiting 2 s", ""], ["a: done"]]);
  });
});

test("many at once, and the results in their order", async () => {
  let running = 0;
  let most = 0;
  const results = await inBatches(
    Array.from({ length: 25 }, (_, index) => index),
    async (index) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, (25 - index) % 4));
      running--;
      return index;
    },
  );
  expect(results).toEqual(Array.from({ length: 25 }, (_, index) => index));
  expect(most).toBe(10);
});
