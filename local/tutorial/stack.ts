import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { stringify } from "yaml";
import { checkout } from "../checkout";
import { findRandomPlugin, type RandomPlugin } from "../randomPlugin/find";
import type { PulumiCli } from "../toolchain/pulumi";
import { pulumiSettings } from "../toolchain/pulumiSettings";

/** One entry of `storage-migration:crds`, see config/schema.json. */
export interface CrdConfig {
  name: string;
  file: string;
  conversion?: { url: string; caBundleFile: string };
  stopAfter?: "serve" | "rehearse" | "store" | "migrate" | "drop";
  migrator?: "in-tree" | "direct";
  requestTimeoutSeconds?: number;
}

/** One entry of `storage-migration:rotations`. */
export interface RotationConfig {
  name: string;
  resources: string[];
  keys: { write: string; archive?: string[] };
  cipher: "aescbc" | "secretbox";
  targets: { file: string }[];
  requestTimeoutSeconds: number;
  compactionIntervalSeconds: number;
}

export interface RunResult {
  code: number;
  output: string;
}

const project = "storage-migration";

/** The repository's own program as a stack `dev`, with its state and settings in a folder of ours. */
export class Stack {
  private running: ChildProcess | undefined;
  private kubeconfig = "";
  private readonly random: RandomPlugin;

  constructor(
    private readonly cli: PulumiCli,
    private readonly dir: string,
  ) {
    this.random = findRandomPlugin(join(dir, "plugins"));
  }

  /** Who makes the keys' random bytes. */
  get randomPlugin(): RandomPlugin["origin"] {
    return this.random.origin;
  }

  /** What a person needs to go on with this stack in a shell. */
  get environment(): Record<string, string> {
    return pulumiSettings(this.cli, this.dir, [this.random.folder]);
  }

  // `stack init` writes Pulumi.dev.yaml beside Pulumi.yaml and has no --config-file: a project folder of the same name keeps it off the repository's own.
  private get elsewhere(): string {
    return join(this.dir, "project");
  }

  /** Makes the stack anew, for runs with this kubeconfig. */
  async init(kubeconfig: string): Promise<void> {
    this.kubeconfig = kubeconfig;
    for (const folder of ["state", "project"]) rmSync(join(this.dir, folder), { recursive: true, force: true });
    for (const folder of ["state", "project"]) mkdirSync(join(this.dir, folder), { recursive: true });
    writeFileSync(join(this.elsewhere, "Pulumi.yaml"), stringify({ name: project, runtime: "nodejs" }));
    const { code, output } = await this.run(["stack", "init", "dev", "--cwd", this.elsewhere], () => undefined);
    if (code !== 0) throw new Error(`pulumi stack init ended with exit code ${code}; expected 0\n${output}`);
  }

  /** Writes the stack's configuration for one step; paths in it are relative to the checkout. */
  configure(step: string, crds: CrdConfig[], rotations: RotationConfig[] = []): string {
    const file = join(this.dir, `${step}.yaml`);
    const salt = readFileSync(join(this.elsewhere, "Pulumi.dev.yaml"), "utf8");
    const config = {
      [`${project}:cluster`]: { kubeconfig: relative(checkout(), this.kubeconfig) },
      [`${project}:crds`]: crds,
      ...(rotations.length > 0 && { [`${project}:rotations`]: rotations }),
    };
    writeFileSync(file, `${salt}${stringify({ config })}`);
    return file;
  }

  /** Runs preview or up; every line goes to `show` as it comes. */
  async pulumi(
    operation: "preview" | "up",
    config: string,
    show: (line: string) => void,
    flags: string[] = [],
  ): Promise<RunResult> {
    const steady = [
      "--stack",
      "dev",
      "--config-file",
      config,
      "--color",
      "never",
      "--suppress-outputs",
      "--suppress-progress",
    ];
    return this.run([operation, ...steady, ...(operation === "up" ? ["--yes", "--skip-preview"] : []), ...flags], show);
  }

  /** The stack's outputs. */
  async outputs(): Promise<Record<string, unknown>> {
    const { code, output } = await this.run(
      ["stack", "output", "--json", "--stack", "dev", "--cwd", this.elsewhere],
      () => undefined,
    );
    if (code !== 0) throw new Error(`pulumi stack output ended with exit code ${code}; expected 0\n${output}`);
    return JSON.parse(output) as Record<string, unknown>;
  }

  /** The stack's state as the backend keeps it. */
  async state(): Promise<string> {
    const { output } = await this.run(["stack", "export", "--stack", "dev", "--cwd", this.elsewhere], () => undefined);
    return output;
  }

  /** Ctrl-C, once: the engine ends what is under way and stops. */
  async interrupt(): Promise<void> {
    const child = this.running;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGINT");
    await ended;
  }

  private run(args: string[], show: (line: string) => void): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      // In a group of its own, so that a Ctrl-C reaches it once, from us: at a second one the engine drops everything.
      const child = spawn(this.cli.command, [...args, "--non-interactive"], {
        cwd: checkout(),
        env: { ...process.env, ...this.environment },
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      });
      this.running = child;
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on("line", (line) => {
          output += `${line}\n`;
          show(line);
        });
      }
      child.on("error", reject);
      child.on("close", (code, signal) => {
        this.running = undefined;
        resolve({ code: code ?? 1, output: signal ? `${output}ended by ${signal}\n` : output });
      });
    });
  }
}
