import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process we started. The start time tells it from a stranger that got the same number later. */
export interface ProcessRecord {
  name: string;
  pid: number;
  started: string;
}

export interface StartedProcess extends ProcessRecord {
  child: ChildProcess;
  log: string;
}

/**
 * Starts a process in a group of its own with its output in a file, so that a Ctrl-C meant for us does not reach it and
 * it does not hold our terminal: it ends when we end it.
 */
export function startProcess(
  name: string,
  command: string,
  args: string[],
  log: string,
  env: NodeJS.ProcessEnv = process.env,
): StartedProcess {
  const output = openSync(log, "a", 0o600);
  try {
    const child = spawn(command, args, { detached: true, stdio: ["ignore", output, output], env });
    child.unref();
    child.on("error", () => undefined);
    if (child.pid === undefined) throw new Error(`${name}: cannot start ${command}; expected an executable file`);
    return { name, pid: child.pid, started: startTime(child.pid) ?? "", child, log };
  } finally {
    closeSync(output);
  }
}

/** When the process with this id began, in the system's own words; undefined when there is none, or only its unreaped remains. */
export function startTime(pid: number): string | undefined {
  try {
    if (process.platform !== "linux")
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Fields after the command name, which may itself hold spaces and brackets: state is the 3rd of all, num_threads the 20th, starttime the 22nd (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie whose other threads are still ending holds its sockets until they have.
    return fields[0] === "Z" && Number(fields[17]) <= 1 ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function isRunning(record: Pick<ProcessRecord, "pid" | "started">): boolean {
  const found = startTime(record.pid);
  return found !== undefined && found === record.started;
}

/** Ends one process group: asks, waits, insists, and returns when it is gone. */
export async function endProcess(record: ProcessRecord, graceMilliseconds = 5000): Promise<void> {
  for (const [signal, patience] of [
    ["SIGTERM", graceMilliseconds],
    ["SIGKILL", 10_000],
  ] as const) {
    if (!isRunning(record)) return;
    signalGroup(record, signal);
    const deadline = Date.now() + patience;
    while (isRunning(record) && Date.now() < deadline) await sleep(20);
  }
  if (isRunning(record))
    throw new Error(
      `${record.name} (process ${record.pid}) is still running after SIGKILL; end it by hand and try again`,
    );
}

export function signalGroup(record: ProcessRecord, signal: NodeJS.Signals): void {
  try {
    process.kill(-record.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Stops a process with SIGSTOP and returns when each of its threads stands. Until then a thread may still answer: the kernel
 * stops them one by one (signal(7), "Job control").
 */
export async function pauseProcess(record: ProcessRecord): Promise<void> {
  signalGroup(record, "SIGSTOP");
  const deadline = Date.now() + 10_000;
  while (!isStopped(record.pid)) {
    if (Date.now() > deadline)
      throw new Error(`${record.name} (process ${record.pid}) is not stopped 10 s after SIGSTOP; is it still running?`);
    await sleep(20);
  }
}

function isStopped(pid: number): boolean {
  if (process.platform !== "linux")
    return execFileSync("ps", ["-o", "state=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .startsWith("T");
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
      return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
    });
  } catch (error) {
    // A thread ended between the two reads.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** The end of a log, for an error message. */
export function lastLines(file: string, count = 5): string {
  try {
    return readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .slice(-count)
      .map((line) => `    ${line.slice(0, 400)}`)
      .join("\n");
  } catch {
    return "    (no log)";
  }
}
