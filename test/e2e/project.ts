import { execFile } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { promisify } from "util";
import { checkout } from "../../local/checkout";
import { findPulumi } from "../../local/toolchain/pulumi";
import { pulumiSettings } from "../../local/toolchain/pulumiSettings";

const exec = promisify(execFile);

export const packageName = "pulumi-kubernetes-storage-migration";

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}
export const manifest = JSON.parse(fs.readFileSync(checkout("package.json"), "utf8")) as Manifest;

/** Exact versions of our peers: those we develop with, or the lowest that `peerDependencies` lets in. */
export function peers(which: "current" | "lowest"): Record<string, string> {
  const names = Object.keys(manifest.peerDependencies);
  const lowest = (name: string): string | undefined => manifest.peerDependencies[name]?.replace(/^\^/, "");
  return Object.fromEntries(
    names.map((name) => [name, (which === "lowest" ? lowest(name) : manifest.devDependencies[name]) ?? ""]),
  );
}

/**
 * What `npm pack` makes in a fresh clone: of the files that git would commit, compiled by `prepack`, so that nothing stale in
 * this checkout's dist/ gets in.
 */
export async function packFreshClone(dir: string): Promise<string> {
  const clone = path.join(dir, "clone");
  const listed = await run(checkout(), "git", ["ls-files", "--cached", "--others", "--exclude-standard"]);
  for (const file of listed.trim().split("\n")) {
    if (!fs.existsSync(checkout(file))) continue;
    fs.mkdirSync(path.dirname(path.join(clone, file)), { recursive: true });
    fs.copyFileSync(checkout(file), path.join(clone, file));
  }
  fs.symlinkSync(checkout("node_modules"), path.join(clone, "node_modules"));
  return npmPack(clone, dir);
}

/** The tarball of a package's folder, in `to`. */
export async function npmPack(folder: string, to: string): Promise<string> {
  const printed = await run(folder, "npm", ["pack", "--silent", "--pack-destination", to]);
  return path.join(to, printed.trim().split("\n").at(-1) ?? "");
}

/** A Pulumi project in a folder of its own, as a user has it: installed from the registry, run by the real CLI. */
export class Project {
  private constructor(
    readonly dir: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** @param program folder under test/programs that becomes the project */
  static async create(dir: string, program: string, kubeconfig: string): Promise<Project> {
    fs.cpSync(checkout("test", "programs", program), dir, { recursive: true });
    return new Project(dir, {
      ...process.env,
      KUBECONFIG: kubeconfig,
      ...pulumiSettings(await findPulumi(), dir),
    });
  }

  write(file: string, text: string | object): void {
    fs.writeFileSync(path.join(this.dir, file), typeof text === "string" ? text : JSON.stringify(text, null, 2));
  }

  /** Install scripts are left out: the one of @pulumi/kubernetes downloads its plugin, which nothing here runs. */
  async npmInstall(...flags: string[]): Promise<void> {
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline", "--ignore-scripts"];
    await run(this.dir, "npm", ["install", ...quiet, ...flags]);
  }

  async pnpmInstall(): Promise<void> {
    const script = checkout("node_modules", "pnpm", "bin", "pnpm.cjs");
    // The store is kept from run to run; the folder of the tests is not.
    const store = checkout(".local", "pnpm-store");
    const flags = ["--ignore-scripts", "--prefer-offline", `--store-dir=${store}`, "--ignore-workspace"];
    await run(this.dir, process.execPath, [script, "install", ...flags]);
  }

  /** Compiles without emitting; throws with what the compiler says. */
  async tsc(config = "tsconfig.json"): Promise<void> {
    const script = checkout("node_modules", "typescript", "bin", "tsc");
    await run(this.dir, process.execPath, [script, "--noEmit", "-p", config]);
  }

  /** Runs a program of the project; returns what it prints. */
  async node(file: string): Promise<string> {
    return run(this.dir, process.execPath, [file]);
  }

  /** Runs a bin of what is installed, for which there is no cluster. */
  async npx(...args: string[]): Promise<string> {
    return run(this.dir, "npx", ["--no-install", ...args], { ...process.env, KUBECONFIG: "/nowhere" });
  }

  async pulumi(...args: string[]): Promise<string> {
    return run(this.dir, "pulumi", [...args, "--non-interactive"], this.env);
  }
}

async function run(cwd: string, command: string, args: string[], env = process.env): Promise<string> {
  try {
    return (await exec(command, args, { cwd, env, maxBuffer: 64 << 20 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(" ")} in ${cwd} failed:\n${stdout}${stderr}`);
  }
}
