import * as fs from "fs";
import { parse } from "yaml";
import { checkout } from "../../local/checkout";

/** .github/workflows: nobody sees before a push that a command, a file or a version in them is none any more. */
interface Step {
  run?: string;
  uses?: string;
  with?: Record<string, string | number | boolean>;
}
interface Workflow {
  jobs: Record<string, { steps: Step[] }>;
}

const packageJson = JSON.parse(fs.readFileSync(checkout("package.json"), "utf8")) as {
  scripts: Record<string, string>;
  engines: { node: string };
};
const folder = checkout(".github", "workflows");
const files = fs.readdirSync(folder);
const workflowOf = (file: string): Workflow => parse(fs.readFileSync(`${folder}/${file}`, "utf8")) as Workflow;
const stepsOf = (file: string): Step[] => Object.values(workflowOf(file).jobs).flatMap(({ steps }) => steps);
const versionsOf = (action: string, input: string): (string | number | boolean | undefined)[] =>
  files.flatMap(stepsOf).flatMap((step) => (step.uses?.startsWith(`${action}@`) ? [step.with?.[input]] : []));

test.each(files)("%s runs commands and scripts that are there", (file) => {
  const runs = stepsOf(file).flatMap(({ run }) => run ?? []);
  expect(runs).not.toEqual([]);
  for (const [, script = ""] of runs.join("\n").matchAll(/npm run ([\w:-]+)/g)) {
    expect(Object.keys(packageJson.scripts)).toContain(script);
  }
  for (const [path] of runs.join("\n").matchAll(/^\.\w+\/\w+/gm)) {
    expect(() => fs.accessSync(checkout(path), fs.constants.X_OK)).not.toThrow();
  }
});

test("the oldest Node.js that they run is the oldest that package.json allows, and none is older", () => {
  const oldest = packageJson.engines.node.replace(">=", "");
  const versions = versionsOf("actions/setup-node", "node-version").map(String);
  expect(versions.filter((version) => version.startsWith(oldest))).toHaveLength(1);
  for (const version of versions) expect(Number.parseInt(version)).toBeGreaterThanOrEqual(Number.parseInt(oldest));
});

test("Go is the one with which local/ builds the control plane", () => {
  const needed = /^go (\d+\.\d+)/m.exec(fs.readFileSync(checkout("local", "controlplane", "go.mod"), "utf8"))?.[1];
  const versions = versionsOf("actions/setup-go", "go-version");
  expect(versions.length).toBeGreaterThan(0);
  expect(new Set(versions)).toEqual(new Set([needed]));
});

test("what a cache's key is made of is there", () => {
  const keys = versionsOf("actions/cache", "key").join(" ");
  const hashed = [...keys.matchAll(/'([\w/]+)\/\*\*'/g)].flatMap(([, path]) => path ?? []);
  expect(hashed).not.toEqual([]);
  for (const path of hashed) expect(fs.readdirSync(checkout(path))).not.toEqual([]);
});
