import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkout } from "../checkout";
import { ready } from "./ready";
import { writePrivately } from "./kubeconfig";
import type { Processes } from "./processes";
import type { StartedProcess } from "../processes";
import type { Routes } from "./relay";
import type { Route } from "./routes";

/** One relay process, told its routes while it runs. */
export class Relay {
  private readonly routes = new Map<string, Route>();
  private readonly file: string;
  private generation = 0;
  private started: StartedProcess | undefined;

  constructor(
    private readonly processes: Processes,
    private readonly name: string,
    dir: string,
    /** where it runs */
    private readonly launch: (command: string[]) => string[] = (command) => command,
  ) {
    this.file = join(dir, `${name}.json`);
  }

  /** @returns its process id */
  async start(): Promise<number> {
    this.write();
    const program = checkout("dist", "local", "cluster", "relay.js");
    const [command = "", ...args] = this.launch([process.execPath, program, this.file]);
    this.started = this.processes.start(this.name, command, args);
    await this.applied(this.started);
    return this.started.pid;
  }

  /** Sets routes by name, and removes those that are undefined together with the connections they carry. */
  async set(routes: Record<string, Route | undefined>): Promise<void> {
    for (const [name, route] of Object.entries(routes)) {
      if (route) this.routes.set(name, route);
      else this.routes.delete(name);
    }
    if (!this.started) return;
    this.write();
    this.processes.signal(this.name, "SIGHUP");
    await this.applied(this.started);
  }

  private write(): void {
    const routes: Routes = { generation: ++this.generation, routes: [...this.routes.values()] };
    writePrivately(this.file, JSON.stringify(routes, null, 2));
  }

  private applied(started: StartedProcess): Promise<void> {
    const asked = String(this.generation);
    return ready(started, async () => (await readFile(`${this.file}.applied`, "utf8")) === asked);
  }
}
