import { spawn, type ChildProcess } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { checkout } from "../../local/checkout";
import { commandOf, descendants } from "../../local/descendants";
import { findRandomPlugin } from "../../local/randomPlugin/find";
import { findPulumi } from "../../local/toolchain/pulumi";
import { pulumiSettings } from "../../local/toolchain/pulumiSettings";
import type { RotationWorld } from "./rotationWorld";

/** A program with one EncryptionKeyRotation, run by the real CLI in a process of its own; it keeps all that was printed. */
export class RotationProgram {
  /** What every run printed, and the arguments of every process below the CLI. */
  everything = "";
  private readonly dir: string;

  private constructor(
    world: RotationWorld,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.dir = RotationProgram.folder(world);
  }

  static async create(world: RotationWorld): Promise<RotationProgram> {
    const dir = RotationProgram.folder(world);
    fs.mkdirSync(dir, { recursive: true });
    const plugin = findRandomPlugin(path.join(world.dir, "plugins"));
    const program = new RotationProgram(world, {
      ...process.env,
      ...pulumiSettings(await findPulumi(), dir, [plugin.folder]),
    });
    fs.writeFileSync(path.join(dir, "Pulumi.yaml"), "name: rotation\nruntime: nodejs\nmain: program.js\n");
    // Not JSON.stringify of an absolute path alone: the package is found as a user's program would find a nested one.
    const source = `const { EncryptionKeyRotation } = require(${JSON.stringify(checkout("dist", "components"))});
const args = JSON.parse(require("fs").readFileSync("args.json", "utf8"));
new EncryptionKeyRotation("secrets", args);
`;
    fs.writeFileSync(path.join(dir, "program.js"), source);
    await program.run("stack", "init", "test");
    return program;
  }

  configure(args: object): void {
    fs.writeFileSync(path.join(this.dir, "args.json"), JSON.stringify(args));
  }

  start(...args: string[]): ChildProcess {
    const child = spawn("pulumi", [...args, "--non-interactive"], {
      cwd: this.dir,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => (this.everything += chunk.toString()));
    }
    const looking = setInterval(() => (this.everything += argumentsBelow(child.pid ?? 0)), 100);
    child.once("close", () => clearInterval(looking));
    return child;
  }

  /** @returns whether it succeeded */
  async tried(...args: string[]): Promise<boolean> {
    return (await exitCode(this.start(...args))) === 0;
  }

  async run(...args: string[]): Promise<void> {
    const from = this.everything.length;
    if (await this.tried(...args)) return;
    throw new Error(`pulumi ${args.join(" ")} failed:\n${this.everything.slice(from, from + 20_000)}`);
  }

  /** Everything that Pulumi wrote to disk: the state, its backups and its history. */
  files(): string {
    const all = fs.readdirSync(this.dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return all.map(({ parentPath, name }) => fs.readFileSync(path.join(parentPath, name), "latin1")).join("\n");
  }

  private static folder(world: RotationWorld): string {
    return path.join(world.dir, "program");
  }
}

export function exitCode(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("close", resolve));
}

function argumentsBelow(pid: number): string {
  return [pid, ...descendants(pid)].map((each) => `${commandOf(each)}\n`).join("");
}
