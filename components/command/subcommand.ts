import { messageOfError, UserError } from "../kubernetes/errors";

/** Where a subcommand reads and writes: the process, or a test. */
export interface Terminal {
  /** To standard output: the result, and nothing else. */
  print(text: string): void;
  /** To standard error: errors, progress. */
  complain(text: string): void;
  /** How far it is: one line in place of the one before, on a screen alone; an empty one at the end. */
  progress(line: string): void;
  /** Standard error is a screen: `progress` is seen. */
  readonly showsProgress: boolean;
  /** All of standard input. */
  readStdin(): Promise<string>;
  /** Standard output is a screen: colour makes sense. */
  readonly isScreen: boolean;
  /** Asks the person at the terminal for one line; absent where there is none. */
  readonly ask?: (question: string) => Promise<string>;
  /** Aborts at Ctrl-C. A second one ends the process. */
  readonly interrupted: AbortSignal;
}

/** 0: all is well. 1: it is not, and the output says what. 2: the question could not be answered. */
export type ExitCode = 0 | 1 | 2;

/** One word after `kubernetes-storage-migration`. */
export interface Subcommand {
  readonly name: string;
  /** One line for the list of subcommands. */
  readonly summary: string;
  /** The whole of `--help`: usage line, what it does, each option, exit codes, examples. */
  readonly help: string;
  run(args: string[], terminal: Terminal): Promise<ExitCode>;
}

/** Wrong arguments: the usage belongs below the error. */
export class UsageError extends UserError {}

/**
 * @param values of `parseArgs`
 * @param names of options that rule each other out
 */
export function assertAtMostOneOption<Name extends string>(
  values: Readonly<Partial<Record<Name, unknown>>>,
  names: readonly Name[],
): void {
  const given = names.filter((name) => values[name] !== undefined && values[name] !== false).map((name) => `--${name}`);
  if (given.length > 1) throw new UsageError({ what: `${given.join(" and ")} are given`, expected: "one of them" });
}

/** Runs one subcommand; whatever it throws becomes exit code 2 and its message. */
export async function runSubcommand(command: Subcommand, args: string[], terminal: Terminal): Promise<ExitCode> {
  if (args.includes("--help") || args.includes("-h")) {
    terminal.print(`${command.help}\n`);
    return 0;
  }
  try {
    return await command.run(args, terminal);
  } catch (error) {
    const wrongUsage = usageErrorOf(error);
    if (wrongUsage !== undefined) terminal.complain(`${wrongUsage}\n\n${command.help.split("\n\n")[0] ?? ""}`);
    else terminal.complain(error instanceof UserError ? error.message : messageOfError(error));
    return 2;
  }
}

/** The message of our own, or of what parseArgs of node:util throws. */
function usageErrorOf(error: unknown): string | undefined {
  const { code = "", message = "" } = (error ?? {}) as { code?: string; message?: string };
  // Behind its first sentence Node advises how to pass an argument that begins with a dash: nobody means that here.
  if (code.startsWith("ERR_PARSE_ARGS")) return message.split(". ")[0];
  return error instanceof UsageError ? message : undefined;
}
