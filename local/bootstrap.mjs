// What every npm script that runs something goes through: Node checked, dependencies in place, sources compiled. Plain
// Node without dependencies, because on a fresh clone there is nothing else yet.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const started = Date.now();
const oldestNode = [20, 19];
const jest = [
  "--experimental-vm-modules", // the code under test imports ES modules
  "node_modules/jest/bin/jest.js",
  "--maxWorkers=4", // most of an end-to-end test is waiting: two cores are busy, and not more
  "--reporters=default",
  "--reporters=./test/reporter.cjs",
  "--testSequencer=./test/sequencer.cjs",
];
const commands = {
  start: ["dist/local/start.js"],
  cluster: ["dist/local/cluster.js"],
  down: ["dist/local/down.js"],
  test: jest,
  e2e: jest,
  "record-state": [...jest, "--selectProjects", "e2e", "--testPathPatterns", "e2e/recordedState"],
  bench: ["dist/bench/index.js"],
  chaos: ["dist/chaos/index.js"],
  matrix: ["dist/local/matrix.js"],
};

const [command, ...given] = process.argv.slice(2);
const rest = command === "e2e" ? endToEnd(given) : given;
try {
  checkNode();
  const target = commands[command];
  if (!target) throw new Error(`found command "${command ?? ""}"; expected one of ${Object.keys(commands).join(", ")}`);
  await locked(join(root, ".local", "prepare.lock"), async () => {
    await install();
    // What ends things must work even while the sources do not compile.
    if (command !== "down" || !existsSync(join(root, target[0]))) await compile();
  });
  if (command === "record-state") process.env.RECORD_STATE = "1";
  if (target[0] === jest[0]) await run("preparing the toolchain", [process.execPath, "dist/local/prepare.js"]);
  process.exitCode = await become([process.execPath, ...target, ...rest]);
  // Jest ends at once on a Ctrl-C, without the tests' own cleaning up; their control planes have process groups of their own.
  if (target[0] === jest[0]) await become([process.execPath, "dist/local/endTests.js"]);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

/** `npm run test:e2e -- gates -t "no gate"`: files by their names, or parts of them, then Jest's own options. */
function endToEnd(words) {
  const option = words.findIndex((word) => word.startsWith("-"));
  const [names, options] = option < 0 ? [words, []] : [words.slice(0, option), words.slice(option)];
  return [...options, "--selectProjects", "e2e", "--", ...names.map((name) => `e2e/${name}`)];
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  throw new Error(
    `found Node.js ${process.versions.node}; expected ${oldestNode.join(".")} or later: install it from https://nodejs.org, then run the same command again`,
  );
}

async function install() {
  const why = outdated();
  if (!why) return;
  const npm = process.env.npm_execpath?.endsWith(".js") ? [process.execPath, process.env.npm_execpath] : ["npm"];
  await run(`npm ci: ${why}`, [...npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}

/** Why node_modules is not what package-lock.json says, if it is not. npm writes its hidden lockfile last, so a broken install has none. */
function outdated() {
  const hidden = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return "node_modules is missing or incomplete";
  const installed = JSON.parse(readFileSync(hidden, "utf8")).packages;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  // Optional packages are for one platform each.
  const differs = Object.keys(wanted).find(
    (path) => path && !wanted[path].optional && installed[path]?.version !== wanted[path].version,
  );
  return differs && `${differs} is not the version in package-lock.json`;
}

async function compile() {
  const stamp = join(root, "dist", ".sources");
  const now = sources();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === now) return;
  await run("compiling to dist/", [process.execPath, "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]);
  writeFileSync(stamp, now);
}

/** Name, size and time of every source: a compiler that finds nothing new to do still takes seconds to say so. */
function sources() {
  const folders = ["components", "local", "bench", "chaos", "examples"].filter((folder) =>
    existsSync(join(root, folder)),
  );
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)),
  );
  const compiled = files.filter((file) => file.endsWith(".ts"));
  return ["package-lock.json", "tsconfig.json", "tsconfig.build.json", ...compiled]
    .map((file) => [file, statSync(join(root, file), { throwIfNoEntry: false })])
    .map(([file, found]) => `${file} ${found?.size} ${found?.mtimeMs}`)
    .sort()
    .join("\n");
}

/** Runs one step to its end; its output goes through. */
async function run(what, [program, ...args]) {
  say(what);
  const code = await become([program, ...args]);
  if (code !== 0)
    throw new Error(
      `${what}: ${[program, ...args].join(" ")} ended with exit code ${code}; expected 0: what it printed above says why`,
    );
}

/** Runs a program in our place: same terminal, our signals passed on, and its end told as a shell would. */
function become([program, ...args]) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, STORAGE_MIGRATION_STARTED: String(started) };
    const child = spawn(program, args, { cwd: root, stdio: "inherit", env });
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    const passOn = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, passOn);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      for (const each of signals) process.off(each, passOn);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** Two starts at once in one checkout must not install or compile over each other. */
async function locked(folder, work) {
  mkdirSync(dirname(folder), { recursive: true });
  for (let told = false; ;) {
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, "pid"), String(process.pid));
      break;
    } catch {
      const owner = ownerOf(folder);
      if (owner ? !isAlive(owner) : isAbandoned(folder)) rmSync(folder, { recursive: true, force: true });
      else if (!told && (told = true))
        say(`waiting for another start in this checkout${owner ? `, process ${owner}` : ""}`);
    }
    await sleep(200);
  }
  try {
    await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ownerOf(folder) {
  try {
    return Number(readFileSync(join(folder, "pid"), "utf8"));
  } catch {
    return undefined;
  }
}

/** A lock gets its owner within moments; one that never did was killed before. */
function isAbandoned(folder) {
  const since = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
  return since !== undefined && Date.now() - since > 10_000;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function say(text) {
  console.log(`${`${((Date.now() - started) / 1000).toFixed(1)} s`.padStart(8)}  ${text}`);
}
