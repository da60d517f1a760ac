import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { checkout } from "../../../local/checkout";
import { bundleCommand } from "./bundledCommand";
import { databases, files } from "./check/manifests";
import { runCommand } from "./runCommand";

/** docs/check.md: each output it shows is what the command says, and its shell lines run. */
const page = fs.readFileSync(checkout("docs/check.md"), "utf8");
const shown = [...page.matchAll(/<!-- (.+) -->\n```\w+\n([^]*?)```\n/g)];

test.each(shown.map(([, command = "", output]) => [command, output]))(
  "%s: the page shows what is said",
  async (command, output) => {
    const { out, err } = await runCommand(
      ...command.split(" ").map((word) => (word.startsWith("examples/") ? checkout(word) : word)),
    );
    expect([out, err]).toEqual([output, ""]);
  },
);

test("the page shows an output of check and one of notes", () => {
  expect(shown.map(([, command = ""]) => command.split(" ")[0])).toEqual(["check", "notes"]);
});

test("the exit codes, the checks and the options that it names are there", async () => {
  const { out } = await runCommand("check", "--help");
  const options = [...new Set([...page.matchAll(/`--([a-z]+)/g)].map(([, name = ""]) => name))];
  expect(options.filter((name) => !out.includes(`--${name}`))).toEqual([]);
  const [, accepted = ""] = /```yaml\n(# crd-accepted.yaml\n[^]*?)```/.exec(page) ?? [];
  const here = files();
  const [old, next] = ["v1", "v1-v2"].map((name) => checkout("examples", "databases", `${name}.yaml`)) as [
    string,
    string,
  ];
  const { code, out: said } = await runCommand(
    "check",
    old,
    next,
    "--rollout",
    "--ack",
    here.write("ack.yaml", accepted),
  );
  here.remove();
  expect([code, said.includes("1 acknowledged")]).toEqual([0, true]);
});

test("the shell lines write both files and end with the check's exit code; without a result they end at once", () => {
  const [, lines = ""] = /Any pipeline with a shell:\n\n```sh\n([^]*?)```/.exec(page) ?? [];
  const here = files();
  const git = (...args: string[]) => execFileSync("git", args, { cwd: here.folder });
  here.write("crds/databases.yaml", databases({ port: { type: "integer" } }));
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "x");
  const { script, env: itsEnv } = bundleCommand(path.join(here.folder, "main.js"));
  const npx = `#!/bin/sh\nshift\nexec "${process.execPath}" "${script}" "$@"\n`;
  fs.chmodSync(here.write("bin/npx", npx), 0o755);
  const run = (BASE: string): number => {
    const PATH = `${path.join(here.folder, "bin")}:${process.env["PATH"]}`;
    const env = { ...itsEnv, PATH, BASE };
    try {
      execFileSync("bash", ["-e", "-c", lines], { cwd: here.folder, env, stdio: "pipe" });
      return 0;
    } catch (error) {
      return (error as { status: number }).status;
    }
  };
  expect(run("main")).toBe(0);
  here.write("crds/databases.yaml", databases({ port: { type: "integer", maximum: 5 } }));
  expect(run("main")).toBe(1);
  expect(fs.readFileSync(path.join(here.folder, "crds.md"), "utf8")).toContain("1 error; 1 CRD compared");
  expect(fs.readFileSync(path.join(here.folder, "crds.sarif"), "utf8")).toContain('"maximum-lowered"');
  fs.rmSync(path.join(here.folder, "crds.sarif"));
  expect(run("nowhere")).not.toBe(0);
  expect(fs.existsSync(path.join(here.folder, "crds.sarif"))).toBe(false);
  here.remove();
});
