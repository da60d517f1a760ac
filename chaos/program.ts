import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkout } from "../local/checkout";
import { commandOf, descendants, hasEnded } from "../local/descendants";
import { isRunning, startTime } from "../local/processes";
import { findRandomPlugin } from "../local/randomPlugin/find";
import { findPulumi } from "../local/toolchain/pulumi";
import { pulumiSettings } from "../local/toolchain/pulumiSettings";

const COMPONENTS = { rollout: "VersionedCRD", rotation: "EncryptionKeyRotation" } as const;

const CLOCK = "clock";

export interface Ended {
  code: number;
  output: string;
}

/** A user's program with one component, run by the real CLI. What it prints goes to `pulumi.log`, too. */
export class Program {
  private running: ChildProcess | undefined;
  private isClosed = false;
  private readonly log: string;
  /** Below a CLI that was to be killed: a plugin may outlive it. */
  private readonly below: { pid: number; started: string }[] = [];

  private constructor(
    private readonly dir: string,
    private readonly stack: string,
    private readonly command: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.log = join(dir, "pulumi.log");
  }

  static async create(dir: string, kind: keyof typeof COMPONENTS, stack: string): Promise<Program> {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const cli = await findPulumi();
    const { folder } = findRandomPlugin(join(dir, "plugins"));
    writeFileSync(join(dir, "Pulumi.yaml"), "name: chaos\nruntime: nodejs\nmain: program.js\n");
    const source = `const { ${COMPONENTS[kind]} } = require(${JSON.stringify(checkout("dist", "components"))});
new ${COMPONENTS[kind]}("subject", JSON.parse(require("fs").readFileSync("args.json", "utf8")));
`;
    writeFileSync(join(dir, "program.js"), source);
    const env = {
      ...process.env,
      ...pulumiSettings(cli, dir, [folder]),
      NODE_OPTIONS: `--require ${JSON.stringify(checkout("dist", "chaos", "movedClock.js"))}`,
      CHAOS_CLOCK: join(dir, CLOCK),
    };
    const program = new Program(dir, stack, cli.command, env);
    await program.succeed("stack", "init", stack);
    return program;
  }

  configure(args: object): void {
    writeFileSync(join(this.dir, "args.json"), JSON.stringify(args), { mode: 0o600 });
  }

  /** What its processes take the time for: by so much later than it is, or earlier. They see it within 0.1 s. */
  moveClock(byMs: number): void {
    writeFileSync(join(this.dir, CLOCK), `${byMs}`);
  }

  up(): Promise<Ended> {
    return this.run("up", "--yes", "--skip-preview", "--stack", this.stack);
  }

  async upOrThrow(): Promise<void> {
    await this.succeed("up", "--yes", "--skip-preview", "--stack", this.stack);
  }

  /** What an operator does after a kill: the state's own lock is let go of. */
  async cancel(): Promise<void> {
    await this.run("cancel", this.stack, "--yes");
  }

  /** Processes of the run that is under way: the CLI, the plugin that runs the phases, the user's program. */
  find(which: "pulumi" | "plugin" | "program"): number[] {
    const pid = this.running?.pid;
    if (pid === undefined) return [];
    this.below.push(...descendants(pid).map((each) => ({ pid: each, started: startTime(each) ?? "" })));
    if (which === "pulumi") return [pid];
    const mark = which === "plugin" ? "dynamic-provider" : "cmd/run";
    return descendants(pid).filter((each) => isNode(each) && commandOf(each).includes(mark));
  }

  /** It and all that it started stand still for so long. Returns whether there was something to stop. */
  async pause(forMs: number): Promise<boolean> {
    const all = this.processes;
    for (const each of all) sendSignal(each, "SIGSTOP");
    await sleep(forMs);
    for (const each of all) sendSignal(each, "SIGCONT");
    return all.length > 0;
  }

  /** Ends what runs; nothing is run any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.end();
  }

  /** Ends it and all that it started. */
  async end(): Promise<void> {
    for (const each of this.below) if (isRunning(each)) kill(each.pid);
    const all = this.processes;
    all.forEach(kill);
    await Promise.all(all.map(hasEnded));
  }

  private get processes(): number[] {
    const pid = this.running?.pid;
    return pid === undefined ? [] : [pid, ...descendants(pid)];
  }

  private async succeed(...args: string[]): Promise<void> {
    const { code, output } = await this.run(...args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with exit code ${code}; expected 0\n${output}`);
  }

  private run(...args: string[]): Promise<Ended> {
    if (this.isClosed) return Promise.reject(new Error("interrupted"));
    return new Promise((resolve, reject) => {
      // In a group of its own: a Ctrl-C is ours, and ends it through us.
      const child = spawn(this.command, [...args, "--non-interactive", "--color", "never"], {
        cwd: this.dir,
        env: this.env,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      });
      this.running = child;
      let output = "";
      const note = (chunk: Buffer): void => {
        output += chunk.toString();
        appendFileSync(this.log, chunk, { mode: 0o600 });
      };
      for (const stream of [child.stdout, child.stderr]) stream.on("data", note);
      child.on("error", reject);
      child.on("close", (code, signal) => {
        this.running = undefined;
        resolve({ code: code ?? 1, output: signal === null ? output : `${output}\nended by ${signal}\n` });
      });
    });
  }
}

export function kill(pid: number): void {
  sendSignal(pid, "SIGKILL");
}

/** Unless it went before. */
function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const isNode = (pid: number): boolean => /^\S*node\b/.test(commandOf(pid));
