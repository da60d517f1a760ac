import { execFile } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { promisify } from "util";
import { checkout } from "../../local/checkout";
import { findPulumi } from "../../local/toolchain/pulumi";
import { pulumiSettings } from "../../local/toolchain/pulumiSettings";

const exec = promisify(execFile);

export interface Ended {
  code: number;
  output: string;
}

/** An example in a git repository of its own, as its user has it: what it imports and runs by npx is this checkout's. */
export class ExampleProject {
  private constructor(
    readonly dir: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async create(dir: string, example: string, environment: NodeJS.ProcessEnv): Promise<ExampleProject> {
    const project = path.join(dir, "project");
    fs.cpSync(checkout("examples", example), project, { recursive: true });
    installHere(path.join(project, "node_modules"));
    const settings = pulumiSettings(await findPulumi(), dir);
    const made = new ExampleProject(project, { ...process.env, ...settings, ...environment });
    made.write(".gitignore", "node_modules/\nout/\n");
    await made.git("init", "-q", "-b", "main");
    await made.commit("first");
    return made;
  }

  write(file: string, text: string): void {
    fs.writeFileSync(path.join(this.dir, file), text);
  }

  read(file: string): string {
    return fs.readFileSync(path.join(this.dir, file), "utf8");
  }

  async git(...args: string[]): Promise<void> {
    const who = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
    await exec("git", [...who, ...args], { cwd: this.dir });
  }

  async commit(message: string): Promise<void> {
    await this.git("add", ".");
    await this.git("commit", "-q", "--allow-empty", "-m", message);
  }

  /** Runs a command to its end, whatever that is. */
  async run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const options = { cwd: this.dir, env: { ...this.env, ...env }, maxBuffer: 64 << 20 };
    try {
      const { stdout, stderr } = await exec(command, args, options);
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    }
  }
}

/** node_modules of links: what `npm install` would put there, without a registry. */
function installHere(modules: string): void {
  fs.mkdirSync(path.join(modules, ".bin"), { recursive: true });
  const link = (name: string, target: string): void => fs.symlinkSync(target, path.join(modules, name));
  link("pulumi-kubernetes-storage-migration", checkout());
  for (const name of ["@pulumi", "typescript", "ts-node"]) link(name, checkout("node_modules", name));
  const command = path.join(modules, ".bin", "kubernetes-storage-migration");
  const script = checkout("dist", "components", "command", "main.js");
  fs.writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`, { mode: 0o755 });
}
