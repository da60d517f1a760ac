import { spawn } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { checkout, copyCheckout } from "../../local/checkout";
import { readState, type ClusterState } from "../../local/cluster/state";

/** This checkout once more, compiled and installed, so that its commands disturb nothing that somebody runs in this one. */
export class CheckoutCopy {
  readonly root: string;

  /** @param run A test run's folder: what the commands keep lies in there, where a later run finds and ends it. */
  constructor(readonly run: string) {
    this.root = path.join(run, "checkout");
  }

  make(): void {
    copyCheckout(this.root);
    fs.symlinkSync(checkout("node_modules"), path.join(this.root, "node_modules"));
    fs.symlinkSync("..", path.join(this.root, ".local"));
  }

  /** `npm …` to its end; what it printed. */
  npm(...args: string[]): Promise<string> {
    return this.shell(`npm ${args.join(" ")}`);
  }

  /** A line typed into a shell in this checkout. */
  async shell(line: string): Promise<string> {
    const child = spawn("sh", ["-c", line], { cwd: this.root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`${line} ended with ${code}:\n${output}`);
    return output;
  }

  /** What it says of its own control plane. */
  get state(): ClusterState | undefined {
    return readState(path.join(this.run, "cluster"));
  }

  /** What its commands have left on disk. */
  get files(): string[] {
    return fs.readdirSync(this.run).filter((name) => name !== "checkout");
  }

  /** Command lines of the processes that run in there, or with a file of it. */
  get processes(): string[] {
    return fs.readdirSync("/proc").flatMap((pid) => {
      if (!/^\d+$/.test(pid)) return [];
      try {
        const command = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        const isOurs = command.includes(this.run) || fs.readlinkSync(`/proc/${pid}/cwd`).startsWith(this.run);
        return isOurs ? [command] : [];
      } catch {
        return []; // it has ended meanwhile
      }
    });
  }
}
