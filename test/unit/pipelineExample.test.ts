import { execFileSync } from "child_process";
import * as fs from "fs";
import { parse } from "yaml";
import { checkout } from "../../local/checkout";
import { PHASES } from "../../components/versionedCRD/phase";

/** examples/pipeline: e2e/pipeline runs its steps; here is that the workflow runs the same ones, and nothing else of Pulumi. */
interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}
interface Job {
  if: string;
  permissions?: Record<string, string>;
  strategy?: { matrix: { stack: string[] } };
  steps: { run?: string; uses?: string; env?: Record<string, string> }[];
}

const folder = checkout("examples", "pipeline");
const read = (file: string): string => fs.readFileSync(`${folder}/${file}`, "utf8");
const workflow = parse(read("github-actions.yml")) as Workflow;
const stacks = fs.readdirSync(folder).flatMap((name) => /^Pulumi\.(\w+)\.yaml$/.exec(name)?.[1] ?? []);
const steps = fs.readdirSync(`${folder}/steps`);
const runs = (job: string): string[] => (workflow.jobs[job]?.steps ?? []).flatMap(({ run }) => run ?? []);

test("each job runs its step, and each step has its job", () => {
  expect(Object.keys(workflow.jobs).sort()).toEqual(steps.sort());
  for (const job of steps) {
    expect([job, runs(job).filter((run) => run.startsWith("steps/"))]).toEqual([
      job,
      [expect.stringMatching(new RegExp(`^steps/${job}( |$)`))],
    ]);
  }
});

test("only the steps call Pulumi and the command: what a pipeline does is in one place", () => {
  const others = Object.keys(workflow.jobs)
    .flatMap(runs)
    .filter((run) => !run.startsWith("steps/"));
  expect(others.filter((run) => /\bpulumi |kubernetes-storage-migration/.test(run))).toEqual([]);
});

test("preview, up and drift run for every stack that there is", () => {
  for (const job of ["preview", "up", "drift"]) {
    expect([job, [...(workflow.jobs[job]?.strategy?.matrix.stack ?? [])].sort()]).toEqual([job, stacks.sort()]);
  }
});

test("only a merge gets the right to write to a cluster, and no job writes to the repository", () => {
  const secretsOf = (job: string): string => JSON.stringify(workflow.jobs[job]?.steps.map(({ env }) => env));
  const writers = Object.keys(workflow.jobs).filter((job) => secretsOf(job).includes("KUBECONFIG_WRITE"));
  expect(writers).toEqual(["up"]);
  expect(workflow.jobs["up"]?.if).toBe("github.event_name == 'push'");
  const permissions = [workflow, ...Object.values(workflow.jobs)].map((each) => each.permissions?.["contents"]);
  expect(new Set(permissions)).toEqual(new Set(["read", undefined]));
});

test("a pull request from a fork is checked, and gets no credentials", () => {
  expect(workflow.jobs["check"]?.steps.map(({ env }) => env)).toEqual(
    expect.not.arrayContaining([expect.objectContaining({ KUBECONFIG_CONTENT: expect.anything() as unknown })]),
  );
  expect(workflow.jobs["preview"]?.if).toContain("head.repo.full_name == github.repository");
});

test("what the steps are given is no shell text", () => {
  for (const run of Object.keys(workflow.jobs).flatMap(runs)) {
    // Who opens a pull request chooses its title and its branch's name.
    expect(run).not.toMatch(/\$\{\{ *github\.(head_ref|event\.pull_request\.(title|body|head\.ref))/);
  }
});

test("every step is a script that a plain shell takes", () => {
  for (const name of steps) {
    execFileSync("sh", ["-n", `${folder}/steps/${name}`]);
    expect([name, fs.statSync(`${folder}/steps/${name}`).mode & 0o111]).toEqual([name, 0o111]);
  }
});

test("the stacks differ in configuration alone: a context, and a phase to stop after", () => {
  const configs = stacks.map(
    (stack) => (parse(read(`Pulumi.${stack}.yaml`)) as { config: Record<string, string> }).config,
  );
  for (const config of configs) {
    expect(Object.keys(config).filter((key) => !["kubernetes:context", "databases:stopAfter"].includes(key))).toEqual(
      [],
    );
    expect([undefined, ...PHASES]).toContain(config["databases:stopAfter"]);
  }
});
