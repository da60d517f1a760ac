import { spawn, type ChildProcess } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { checkout } from "../../local/checkout";
import { findPulumi } from "../../local/toolchain/pulumi";
import { pulumiSettings } from "../../local/toolchain/pulumiSettings";

const PROJECT = "storage-migration";
const STACK = "test";

export interface CliOptions {
  /** Put before the CLI: where it runs. */
  through?: string[];
  /** Its process group is its own, as a shell makes one for each command: a Ctrl-C is a signal to all of it. */
  ownGroup?: boolean;
}

interface StateResource {
  type: string;
  inputs?: object;
}

/** The repository's own program (index.ts), run by the real CLI in a process of its own. */
export class CliProgram {
  private constructor(
    private readonly dir: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly salt: string,
    private readonly options: CliOptions,
  ) {}

  static async create(name: string, options: CliOptions = {}): Promise<CliProgram> {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), `storage-migration-${name}-`));
    const project = path.join(dir, "project");
    fs.mkdirSync(project, { recursive: true });
    fs.writeFileSync(path.join(project, "Pulumi.yaml"), `name: ${PROJECT}\nruntime: nodejs\n`);
    const env = {
      ...process.env,
      ...pulumiSettings(await findPulumi(), dir),
    };
    // `stack init` writes Pulumi.STACK.yaml beside Pulumi.yaml: not into the repository's own folder.
    await ended(launch(["stack", "init", STACK, "--cwd", project], env, options));
    const settings = fs.readFileSync(path.join(project, `Pulumi.${STACK}.yaml`), "utf8");
    return new CliProgram(dir, env, settings, options);
  }

  /** Sets the stack's whole configuration; keys without the project's name. */
  configure(values: Record<string, unknown>): void {
    const config = Object.fromEntries(Object.entries(values).map(([key, value]) => [`${PROJECT}:${key}`, value]));
    fs.writeFileSync(this.config, `${this.salt}\nconfig: ${JSON.stringify(config)}\n`);
  }

  /** Starts a command and does not wait for it. */
  start(...args: string[]): ChildProcess {
    return launch([...args, "--stack", STACK, "--config-file", this.config], this.env, this.options);
  }

  /** Runs a command to its end; what it printed. */
  async run(...args: string[]): Promise<string> {
    return ended(this.start(...args));
  }

  /** What a command that must fail prints. */
  async refused(...args: string[]): Promise<string> {
    const output = await this.run(...args).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (output === undefined) throw new Error(`pulumi ${args.join(" ")} succeeded; expected it to be refused`);
    return output;
  }

  /** What an operator does after a kill: the state's own lock is let go of. */
  async cancel(): Promise<void> {
    const args = ["cancel", STACK, "--yes", "--cwd", path.join(this.dir, "project")];
    await ended(launch(args, this.env, this.options)).catch(() => undefined); // nothing to cancel is fine too
  }

  /** What the state holds now. */
  resources(): StateResource[] {
    const file = path.join(this.dir, "state", ".pulumi", "stacks", PROJECT, `${STACK}.json`);
    const { checkpoint } = JSON.parse(fs.readFileSync(file, "utf8")) as {
      checkpoint: { latest: { resources: StateResource[] } };
    };
    return checkpoint.latest.resources;
  }

  end(): void {
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  private get config(): string {
    return path.join(this.dir, `Pulumi.${STACK}.yaml`);
  }
}

function launch(args: string[], env: NodeJS.ProcessEnv, { through = [], ownGroup = false }: CliOptions): ChildProcess {
  const [command = "", ...rest] = [...through, "pulumi", ...args, "--non-interactive"];
  return spawn(command, rest, { cwd: checkout(), env, stdio: ["ignore", "pipe", "pipe"], detached: ownGroup });
}

async function ended(child: ChildProcess): Promise<string> {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code === 0) return output;
  throw new Error(`${child.spawnargs.join(" ")} ended with ${code}:\n${output}`);
}
