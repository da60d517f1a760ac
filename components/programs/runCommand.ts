import { type ChildProcessWithoutNullStreams, spawn } from "child_process";
import { UserError } from "../kubernetes/errors";
import { redact } from "./redact";

export interface CommandRun {
  /** For messages: whose command, and what for. */
  what: string;
  argv: readonly string[];
  /** Written to its standard input. */
  input?: string;
  /** Absent: it may take as long as it likes. */
  timeoutSeconds?: number;
  /** It ends with this. */
  signal?: AbortSignal;
  /** What it prints is its result, at most so long, and in no message. Absent: it is not kept, and its last lines are told of a failure. */
  largestResult?: number;
}

/** What a program has printed before its end is there by then. */
const LEFT_BEHIND_MS = 2_000;

const KEPT_COMPLAINT_BYTES = 64 << 10;

/** Runs a program without a shell and gives its result. Its arguments stay out of messages: only its name is there. */
export function runCommand(run: CommandRun): Promise<Buffer> {
  const { what, argv, input = "" } = run;
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    // A group of its own: what it started ends with it.
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
    let ended: string | undefined;
    const end = (why: string): void => {
      ended ??= why;
      killGroup(child.pid);
    };
    const settle = endInTime(run, end);
    const printed = collectOutput(child, run.largestResult, end);
    // A program that reads nothing may end before all is written; its exit code is what counts.
    child.stdin.on("error", () => undefined);
    child.on("error", (error: NodeJS.ErrnoException) => {
      settle();
      reject(cannotStart(what, program, error));
    });
    // `close` waits for whoever holds its pipes, as a daemon that it left behind in a session of its own: for ever.
    let leaving: NodeJS.Timeout | undefined;
    child.once("exit", () => (leaving = setTimeout(() => setImmediate(leavePipes, child), LEFT_BEHIND_MS)));
    child.on("close", (code, endedBy) => {
      clearTimeout(leaving);
      settle();
      const output = Buffer.concat(printed.result);
      const found = ended ?? outcome(code, endedBy);
      if (found === undefined) return resolve(output);
      const secrets = [output.toString("utf8"), input, ...withoutPaths(args)];
      reject(hasFailed(what, program, found, redact(printed.complaint.toString("utf8"), secrets)));
    });
    child.stdin.end(input);
  });
}

/** @returns takes back what would end it */
function endInTime({ timeoutSeconds, signal }: CommandRun, end: (why: string) => void): () => void {
  const abort = (): void => end("was ended with this run");
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  const timer =
    timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => end(`was not done after ${timeoutSeconds} s`), timeoutSeconds * 1000);
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  };
}

interface Printed {
  readonly result: Buffer[];
  /** The last of what is said of a failure. */
  complaint: Buffer;
}

function collectOutput(
  child: ChildProcessWithoutNullStreams,
  largestResult: number | undefined,
  end: (why: string) => void,
): Printed {
  const printed: Printed = { result: [], complaint: Buffer.alloc(0) };
  let size = 0;
  const complain = (chunk: Buffer): void => {
    printed.complaint = Buffer.concat([printed.complaint, chunk]).subarray(-KEPT_COMPLAINT_BYTES);
  };
  child.stderr.on("data", complain);
  child.stdout.on("data", (chunk: Buffer) => {
    if (largestResult === undefined) return complain(chunk);
    size += chunk.length;
    if (size > largestResult) end(`printed more than ${largestResult} bytes`);
    else printed.result.push(chunk);
  });
  return printed;
}

function leavePipes({ stdout, stderr }: ChildProcessWithoutNullStreams): void {
  stdout.destroy();
  stderr.destroy();
}

/** An argument, or its value in --name=value, may be a password, which a program repeats; a path is what makes a message useful. */
function withoutPaths(args: readonly string[]): string[] {
  const words = args.flatMap((arg) => arg.split(/\s+/)).flatMap((word) => [word, ...word.split("=")]);
  return words.filter((word) => !/^\.{0,2}\//.test(word));
}

function cannotStart(what: string, program: string, error: NodeJS.ErrnoException): UserError {
  const found = error.code === "ENOENT" ? "found no such program" : error.message;
  return new UserError({
    what: `${what}: cannot start "${program}": ${found}`,
    expected: "a program that this user may run",
    next: "install it, or correct the command, then run `pulumi up` again",
  });
}

function hasFailed(what: string, program: string, found: string, said: string): UserError {
  return new UserError({
    what: `${what}: "${program}" ${found}`,
    expected: "exit code 0",
    why: said === "" ? undefined : `it said: ${said}`,
    next: "run it by hand to see why",
  });
}

function outcome(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) return `was ended by ${signal}`;
  return code === 0 ? undefined : `ended with exit code ${code}`;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
