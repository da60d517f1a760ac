import { spawn } from "child_process";
import { UserError } from "../../kubernetes/errors";
import { redact } from "./redact";
import { LARGEST_BYTES } from "./text";

export interface CommandRun {
  /** For messages: whose command, and what for. */
  what: string;
  argv: readonly string[];
  /** Written to its standard input. */
  input?: string;
  timeoutSeconds: number;
}

const KEPT_COMPLAINT_BYTES = 64 << 10;

/** Runs a program without a shell and gives what it printed. Its arguments stay out of messages: only its name is there. */
export function runCommand({ what, argv, input, timeoutSeconds }: CommandRun): Promise<Buffer> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    // A group of its own: what it started ends with it.
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
    const printed: Buffer[] = [];
    let size = 0;
    let complaint = Buffer.alloc(0);
    let ended: string | undefined;
    const end = (why: string): void => {
      ended ??= why;
      killGroup(child.pid);
    };
    const timer = setTimeout(() => end(`was not done after ${timeoutSeconds} s`), timeoutSeconds * 1000);
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > LARGEST_BYTES) end(`printed more than ${LARGEST_BYTES} bytes`);
      else printed.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = Buffer.concat([complaint, chunk]).subarray(-KEPT_COMPLAINT_BYTES);
    });
    // A program that reads nothing may end before all is written; its exit code is what counts.
    child.stdin.on("error", () => undefined);
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const found = error.code === "ENOENT" ? "found no such program" : error.message;
      reject(
        new UserError({
          what: `${what}: cannot start "${program}": ${found}`,
          expected: "a program that this user may run",
          next: "install it, or correct the command, then run `pulumi up` again",
        }),
      );
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const output = Buffer.concat(printed);
      const found = ended ?? outcome(code, signal);
      if (found === undefined) return resolve(output);
      const said = redact(complaint.toString("utf8"), [output.toString("utf8"), input ?? ""]);
      const why = said === "" ? undefined : `it said: ${said}`;
      reject(
        new UserError({
          what: `${what}: "${program}" ${found}`,
          expected: "exit code 0",
          why,
          next: "run it by hand to see why",
        }),
      );
    });
    child.stdin.end(input ?? "");
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
