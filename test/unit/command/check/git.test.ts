import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { runCommand } from "../runCommand";
import { databases, files, type Files } from "./manifests";

const before = databases({ port: { type: "integer" } });
const narrowed = databases({ port: { type: "integer", maximum: 1000 } });

let here: Files;
const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.com", ...args], { cwd: here.folder });
const start = process.cwd();

beforeAll(() => {
  here = files();
  git("init", "-q", "-b", "main");
  here.write("deploy/crds/databases.yaml", before);
  here.write("deploy/crds/caches.json", JSON.stringify({ kind: "Other" }));
  here.write("deploy/crds/notes.txt", "no: [");
  here.write("deploy/crds/more/queues.yaml", databases({}, "queues"));
  git("add", ".");
  git("commit", "-q", "-m", "before");
  here.write("deploy/crds/databases.yaml", narrowed);
  process.chdir(here.folder);
});
afterAll(() => {
  process.chdir(start);
  here.remove();
});
afterEach(() => process.chdir(here.folder));

const check = (...args: string[]) => runCommand("check", ...args);

test("git:REF:PATH is the file as it is at that commit", async () => {
  const old = "git:main:deploy/crds/databases.yaml";
  expect(await check(old, "deploy/crds/databases.yaml")).toMatchObject({ code: 1, err: "" });
  expect(await check(old, old)).toMatchObject({ code: 0, out: "no findings; 1 CRD compared\n" });
  expect(await check("git:HEAD:deploy/crds/databases.yaml", old)).toMatchObject({ code: 0 });
});

test("a folder at that commit: its manifests, not the folders below it; also with / at its end, and of all of the repository", async () => {
  for (const folder of ["git:main:deploy/crds", "git:main:deploy/crds/"]) {
    const { code, out, err } = await check(folder, "deploy/crds");
    expect([code, out.includes("1 error; 1 CRD compared")]).toEqual([1, true]);
    expect(err).toContain(`${folder}: skipped 1 document of another kind (Other)\n`);
  }
  expect((await check("git:main:deploy", "deploy/crds")).err).toMatch(
    /^git:main:deploy: holds no CustomResourceDefinition\n/,
  );
});

test("a path that is new since that commit: there was nothing yet; one that is nowhere => exit code 2", async () => {
  here.write("charts/queues.yaml", databases({}, "queues"));
  expect(await check("git:main:charts", "charts")).toEqual({
    code: 0,
    out: "no findings; 0 CRDs compared, 1 new\n",
    err: "git:main:charts: no manifest is there yet\n",
  });
  expect(await check("git:main:chrats", "charts")).toMatchObject({ code: 2, out: "" });
});

test("in a folder below, a path counts from the top of the repository, and one with ./ from here", async () => {
  process.chdir(path.join(here.folder, "deploy"));
  for (const given of ["git:main:deploy/crds/databases.yaml", "git:main:./crds/databases.yaml", "git:main:./crds"]) {
    expect(await check(given, "crds")).toMatchObject({ code: 1 });
  }
  process.chdir("crds");
  for (const given of ["git:main:.", "git:main:./"]) expect(await check(given, ".")).toMatchObject({ code: 1 });
});

test.each([
  [
    "git:nope:deploy/crds",
    /^git:nope:deploy\/crds: the repository has no nope\n {2}expected: a branch, .*fetch-depth: 0/s,
  ],
  ["git:main:deploy/none.yaml", /^git:main:deploy\/none.yaml: path 'deploy\/none.yaml' does not exist in 'main'\n/],
  ["git:main", /^git:main: not git:REF:PATH\n/],
  ["git:--output=x:deploy", /^git:--output=x:deploy: not git:REF:PATH\n/],
])("%s => exit code 2", async (given, said) => {
  const { code, out, err } = await check(given, "deploy/crds");
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(said);
});

test("no repository => exit code 2", async () => {
  const outside = files();
  process.chdir(outside.folder);
  const { code, err } = await check("git:main:x.yaml", "x.yaml");
  process.chdir(here.folder);
  outside.remove();
  expect(code).toBe(2);
  expect(err).toMatch(/^git:main:x.yaml: not a git repository.*\n {2}expected: a git repository in \//);
});

test("no git => exit code 2", async () => {
  const PATH = process.env["PATH"];
  process.env["PATH"] = path.join(here.folder, "bin");
  const { code, err } = await check("git:main:x.yaml", "x.yaml");
  process.env["PATH"] = PATH;
  expect(code).toBe(2);
  expect(err).toMatch(/^git:main:x.yaml: git is not installed, or not on the PATH\n/);
});

test("nothing of the argument reaches a shell", async () => {
  await check("git:main:$(touch broken)", "deploy/crds");
  await check("git:$(touch broken):x", "deploy/crds");
  expect(fs.existsSync(path.join(here.folder, "broken"))).toBe(false);
});
