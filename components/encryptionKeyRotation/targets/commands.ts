import * as path from "path";
import { runCommand } from "../../programs/runCommand";
import type { CommandsTargetArgs, LastLook, OpenTarget } from "./target";
import { decodeTargetText, LARGEST_BYTES } from "./text";

const DEFAULT_TIMEOUT_SECONDS = 60;

/** Two programs; how the text gets where it belongs is theirs. */
export class CommandsTarget implements OpenTarget {
  readonly name: string;
  private readonly timeoutSeconds: number;

  constructor(private readonly commands: CommandsTargetArgs["commands"]) {
    this.name = `commands ${commands.name ?? path.basename(commands.read[0] ?? "")}`;
    this.timeoutSeconds = commands.timeout ?? DEFAULT_TIMEOUT_SECONDS;
  }

  async read(): Promise<string> {
    return decodeTargetText(await this.run("read", this.commands.read), this.name);
  }

  /** The program alone knows when the text takes its place: the last look is before it starts. */
  async write(text: string, last?: LastLook): Promise<void> {
    await last?.();
    await this.run("write", this.commands.write, text);
  }

  tidy(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private run(verb: string, argv: readonly string[], input?: string): Promise<Buffer> {
    const { name, timeoutSeconds } = this;
    return runCommand({
      ...{ what: `${name}, ${verb}`, argv, timeoutSeconds, largestResult: LARGEST_BYTES },
      ...(input !== undefined && { input }),
    });
  }
}
