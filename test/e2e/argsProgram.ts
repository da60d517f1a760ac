import { execFile } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { promisify } from "util";
import { checkout } from "../../local/checkout";
import { findPulumi } from "../../local/toolchain/pulumi";
import { pulumiSettings } from "../../local/toolchain/pulumiSettings";

/** A program of its own with one component, whose arguments are in a file, run by the real CLI: no stack configuration moves with them. */
export class ArgsProgram {
  private constructor(
    readonly dir: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async create(dir: string, component: "VersionedCRD", stack = "test"): Promise<ArgsProgram> {
    fs.mkdirSync(dir, { recursive: true });
    const program = new ArgsProgram(dir, { ...process.env, ...pulumiSettings(await findPulumi(), dir) });
    fs.writeFileSync(path.join(dir, "Pulumi.yaml"), "name: args\nruntime: nodejs\nmain: program.js\n");
    const source = `const { ${component} } = require(${JSON.stringify(checkout("dist", "components"))});
new ${component}("main", JSON.parse(require("fs").readFileSync("args.json", "utf8")));
`;
    fs.writeFileSync(path.join(dir, "program.js"), source);
    await program.run("stack", "init", stack);
    return program;
  }

  ask(args: object): void {
    fs.writeFileSync(path.join(this.dir, "args.json"), JSON.stringify(args));
  }

  /** What it printed. */
  async run(...args: string[]): Promise<string> {
    const options = { cwd: this.dir, env: this.env, maxBuffer: 64 << 20 };
    try {
      const { stdout, stderr } = await promisify(execFile)("pulumi", [...args, "--non-interactive"], options);
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`pulumi ${args.join(" ")} failed:\n${stdout}${stderr}`);
    }
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
}
