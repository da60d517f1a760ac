import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Go } from "./go";
import { Progress, timeLeft } from "./progress";

export interface GoBuild {
  /** for people */
  subject: string;
  /** folder of the module */
  folder: string;
  /** a go.mod of another name in that folder */
  modfile?: string;
  package: string;
  tags?: string[];
  /** set inside the binary by the linker: package variable → text */
  variables?: Record<string, string>;
  output: string;
}

// The flags are part of every entry's key in Go's own build cache: changing one makes everybody's next build a cold one.
const steadyFlags = ["-trimpath", "-buildvcs=false"];

/** Builds one Go binary, downloads included, and shows how far it is. */
export async function goBuild(go: Go, build: GoBuild): Promise<void> {
  const progress = new Progress(build.subject);
  try {
    await buildWith(go, build, (text) => progress.update(text));
    progress.end("built");
  } finally {
    progress.clear();
  }
}

async function buildWith(go: Go, build: GoBuild, tell: (text: string) => void): Promise<void> {
  const modules = modulesOf(join(build.folder, build.modfile?.replace(/\.mod$/, ".sum") ?? "go.sum"));
  let downloads = 0;
  const noteDownload = (line: string): boolean => {
    if (!line.startsWith("go: downloading ")) return false;
    tell(`downloading modules, ${++downloads} of about ${Math.max(modules, downloads)}`);
    return true;
  };
  // Listing what is stale also downloads what the build needs, and tells how many packages there are to compile.
  const list = ["list", ...flags(build), "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", build.package];
  const total = (await run(go, build.folder, list, noteDownload)).filter(Boolean).length;
  const started = Date.now();
  let compiled = 0;
  const noteCompiled = (line: string): boolean => {
    if (!/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) return false;
    compiled = Math.min(compiled + 1, total);
    tell(
      compiled < total ? `compiling, package ${compiled} of ${total}${timeLeft(started, compiled, total)}` : "linking",
    );
    return true;
  };
  const command = ["build", "-v", ...flags(build), "-ldflags", linkerFlags(build), "-o", build.output, build.package];
  await run(go, build.folder, command, (line) => noteDownload(line) || noteCompiled(line));
}

/** Where the files of a module lie that a build in `folder` uses. */
export async function moduleFolder(go: Go, folder: string, module: string): Promise<string> {
  const [found] = await run(go, folder, ["list", "-m", "-f", "{{.Dir}}", module], () => false);
  if (found) return found;
  throw new Error(`go list -m ${module} in ${folder} named no folder; expected that of the downloaded module`);
}

function flags(build: GoBuild): string[] {
  return [
    ...steadyFlags,
    ...(build.modfile ? [`-modfile=${build.modfile}`] : []),
    ...(build.tags ? ["-tags", build.tags.join(",")] : []),
  ];
}

function linkerFlags(build: GoBuild): string {
  return ["-s", "-w", ...Object.entries(build.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
}

/** How many modules a build may download: the lines of go.sum that are for a module's files, not for its go.mod. */
function modulesOf(sums: string): number {
  return readFileSync(sums, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.includes("/go.mod ")).length;
}

/** Runs go, hands each line of its error output to `note`, and returns the lines of its standard output. What `note` does not know is kept for the error. */
function run(go: Go, folder: string, args: string[], note: (line: string) => boolean): Promise<string[]> {
  return new Promise((resolve, reject) => {
    // GOFLAGS and a workspace of the user would change what is built.
    const env = { ...compilersMemory(), ...process.env, ...go.env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
    const child = spawn(go.command, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    const end = (): unknown => child.kill();
    process.once("exit", end);
    const output: string[] = [];
    const complaints: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => output.push(line));
    createInterface({ input: child.stderr }).on("line", (line) => void (note(line) || complaints.push(line)));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("exit", end);
      if (code === 0) return resolve(output);
      const found = complaints
        .slice(0, 10)
        .map((line) => `    ${line}`)
        .join("\n");
      reject(
        new Error(
          `go ${args[0]} in ${folder} ended with ${signal ?? `exit code ${code}`}; expected 0\n${found}${explain(complaints)}`,
        ),
      );
    });
  });
}

/** A compiler that collects garbage less often takes a seventh less time, and up to some gigabytes. */
function compilersMemory(): { GOGC?: string } {
  return totalmem() / availableParallelism() > 4 * 1024 ** 3 ? { GOGC: "400" } : {};
}

function explain(complaints: string[]): string {
  const text = complaints.join("\n");
  if (/no space left on device/.test(text))
    return "\n  The disk is full: a first build needs about 6 GB for Go's caches and its results.";
  if (/dial tcp|no such host|i\/o timeout|connection refused/.test(text))
    return "\n  Go could not download modules: check the network, or GOPROXY if this network has its own Go module proxy.";
  return "";
}
