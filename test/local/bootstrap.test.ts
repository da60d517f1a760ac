import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkout } from "../../local/checkout";

// A checkout in miniature: npm and tsc write down that they ran, the command is a script of the test's.
let root: string;
const lock = { "": {}, "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "2.0.0", optional: true } };

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "bootstrap-"));
  mkdirSync(join(root, "local"));
  cpSync(checkout("local", "bootstrap.mjs"), join(root, "local", "bootstrap.mjs"));
  write("package-lock.json", JSON.stringify({ packages: lock }));
  write("node_modules/.package-lock.json", JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } }));
  write("node_modules/typescript/bin/tsc", noteAs("tsc"));
  write("npm.js", noteAs("npm") + 'fs.copyFileSync("package-lock.json", "node_modules/.package-lock.json");');
  write("dist/local/cluster.js", 'console.log("command", ...process.argv.slice(2)); process.exit(7);');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

// Each takes a while, so that two at once would overlap.
function noteAs(name: string): string {
  return `const fs = require("fs"); fs.appendFileSync("ran", "${name} in,"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200); fs.appendFileSync("ran", "${name} out,");`;
}

function ran(): string {
  return existsSync(join(root, "ran")) ? readFileSync(join(root, "ran"), "utf8") : "";
}

interface Started {
  child: ChildProcess;
  ended: Promise<{ code: number | null; output: string }>;
}

const start = (...args: string[]): Started => startNode([], ...args);

function startNode(options: string[], ...args: string[]): Started {
  const child = spawn(process.execPath, [...options, join(root, "local", "bootstrap.mjs"), ...args], {
    env: { ...process.env, npm_execpath: join(root, "npm.js") },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  return { child, ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, output }))) };
}

test("Node.js too old => the error names both versions, and nothing is installed, compiled or run", async () => {
  write("old.cjs", 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.18.3" } });');
  const { code, output } = await startNode(["--require", join(root, "old.cjs")], "cluster").ended;
  expect([code, ran()]).toEqual([1, ""]);
  expect(output).toBe(
    "found Node.js 20.18.3; expected 20.19 or later: install it from https://nodejs.org, then run the same command again\n",
  );
});

test("all in place => compiled, and the command runs with its arguments and gives its exit code", async () => {
  const { code, output } = await start("cluster", "--kubernetes", "1.36").ended;
  expect([code, ran()]).toEqual([7, "tsc in,tsc out,"]);
  expect(output).toContain("command --kubernetes 1.36\n");
});

test.each([
  [
    "node_modules is missing",
    () => rmSync(join(root, "node_modules", ".package-lock.json")),
    "node_modules is missing or incomplete",
  ],
  [
    "package-lock.json has moved on",
    () => write("package-lock.json", JSON.stringify({ packages: { ...lock, "node_modules/a": { version: "1.0.1" } } })),
    "node_modules/a is not the version in package-lock.json",
  ],
])("%s => npm ci first, and why", async (_when, change, why) => {
  change();
  const { output } = await start("cluster").ended;
  expect(ran()).toBe("npm in,npm out,tsc in,tsc out,");
  expect(output).toContain(`npm ci: ${why}`);
});

test("nothing has changed since => not compiled again; a source has => compiled", async () => {
  write("local/a.ts", "1");
  await start("cluster").ended;
  await start("cluster").ended;
  expect(ran()).toBe("tsc in,tsc out,");
  write("local/a.ts", "22");
  await start("cluster").ended;
  expect(ran()).toBe("tsc in,tsc out,tsc in,tsc out,");
});

test("two starts at once => one installs, then the other finds all in place", async () => {
  rmSync(join(root, "node_modules", ".package-lock.json"));
  const ends = await Promise.all([start("cluster").ended, start("cluster").ended]);
  expect(ends.map(({ code }) => code)).toEqual([7, 7]);
  expect(ran()).toBe("npm in,npm out,tsc in,tsc out,");
  expect(ends.map(({ output }) => output).join("")).toContain("waiting for another start in this checkout, process ");
});

test("a start was killed while it held the lock => the next one goes on", async () => {
  write(".local/prepare.lock/pid", String(2 ** 22 - 1));
  expect((await start("cluster").ended).code).toBe(7);
});

test("the sources do not compile => no command, and an error that says what failed", async () => {
  write("node_modules/typescript/bin/tsc", 'console.log("index.ts(1,1): error"); process.exit(2);');
  const { code, output } = await start("cluster").ended;
  expect(code).toBe(1);
  expect(output).toMatch(/index.ts\(1,1\): error[^]*tsc.* ended with exit code 2; expected 0/);
  expect(output).not.toContain("command");
});

test("an unknown command => the known ones", async () => {
  const { code, output } = await start("strat").ended;
  expect([code, output.trim()]).toEqual([
    1,
    'found command "strat"; expected one of start, cluster, down, test, e2e, record-state, bench, chaos, matrix',
  ]);
});

test.each(["SIGINT", "SIGTERM"] as const)("%s => passed on, and the command decides how it ends", async (signal) => {
  write(
    "dist/local/cluster.js",
    `process.on("${signal}", () => { console.log("asked"); process.exit(9); }); setTimeout(() => {}, 10_000); console.log("up");`,
  );
  const { child, ended } = start("cluster");
  await new Promise<void>((resolve) => child.stdout!.on("data", (data: Buffer) => data.includes("up") && resolve()));
  child.kill(signal);
  expect(await ended).toMatchObject({ code: 9, output: expect.stringContaining("asked") as string });
});

test("npm test ended by Ctrl-C => what its tests left running is ended, and the exit code stays", async () => {
  write("dist/local/prepare.js", "");
  write("dist/local/endTests.js", 'console.log("left over: ended");');
  write(
    "node_modules/jest/bin/jest.js",
    'process.on("SIGINT", () => process.exit(9)); setTimeout(() => {}, 10_000); console.log("up");',
  );
  const { child, ended } = start("test");
  await new Promise<void>((resolve) => child.stdout!.on("data", (data: Buffer) => data.includes("up") && resolve()));
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 9, output: expect.stringMatching(/up\n[^]*left over: ended/) as string });
});
