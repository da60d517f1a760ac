import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  endProcess,
  pauseProcess,
  signalGroup,
  startProcess,
  type ProcessRecord,
  type StartedProcess,
} from "../processes";

/** The processes of one cluster. Every change is reported to `record` before anything waits for it, so that nothing is ever running unrecorded. */
export class Processes {
  private sockets: string | undefined;
  private readonly running = new Map<string, StartedProcess>();

  constructor(
    private readonly dir: string,
    private readonly record: (processes: ProcessRecord[], sockets?: string) => void,
  ) {}

  /** For unix sockets, whose paths have about a hundred characters, and a checkout may lie deep. It goes when the processes end. */
  socketFolder(): string {
    if (this.sockets !== undefined) return this.sockets;
    this.sockets = mkdtempSync(join(tmpdir(), "cluster-"));
    this.recordAll();
    if (this.sockets.length > 80)
      throw new Error(`${this.sockets}: too long for unix sockets; expected a TMPDIR of fewer characters`);
    return this.sockets;
  }

  /** Its output goes to a file of its name beside the other logs. */
  start(name: string, command: string, args: string[], env?: NodeJS.ProcessEnv): StartedProcess {
    const started = startProcess(name, command, args, join(this.dir, `${name}.log`), env);
    this.running.set(name, started);
    this.recordAll();
    return started;
  }

  pids(): Record<string, number> {
    return Object.fromEntries([...this.running].map(([name, { pid }]) => [name, pid]));
  }

  async end(name: string): Promise<void> {
    const found = this.running.get(name);
    if (!found) return;
    signalGroup(found, "SIGCONT");
    await endProcess(found);
    this.forget(name);
  }

  async kill(name: string): Promise<void> {
    const found = this.get(name);
    signalGroup(found, "SIGKILL");
    await endProcess(found);
    this.forget(name);
  }

  async pause(name: string): Promise<void> {
    await pauseProcess(this.get(name));
  }

  signal(name: string, signal: NodeJS.Signals): void {
    signalGroup(this.get(name), signal);
  }

  private get(name: string): StartedProcess {
    const found = this.running.get(name);
    if (!found) throw new Error(`${name} is not running; expected it to be: start it first`);
    return found;
  }

  private forget(name: string): void {
    this.running.delete(name);
    this.recordAll();
  }

  private recordAll(): void {
    const processes = [...this.running.values()].map(({ name, pid, started }) => ({ name, pid, started }));
    this.record(processes, this.sockets);
  }
}
