#!/usr/bin/env node
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { UserError } from "../kubernetes/errors";
import { check } from "./check/check";
import { migrate } from "./migrate/migrate";
import { notes } from "./notes/notes";
import { plan } from "./plan/plan";
import { rollback } from "./rollback/rollback";
import { schemas } from "./schemas/schemas";
import { status } from "./status/status";
import { runSubcommand, type ExitCode, type Subcommand, type Terminal } from "./subcommand";

const SUBCOMMANDS: readonly Subcommand[] = [check, notes, plan, status, migrate, rollback, schemas];

const NAME = "kubernetes-storage-migration";

/** @returns the exit code */
export async function main([name = "", ...args]: string[], terminal: Terminal): Promise<ExitCode> {
  const found = SUBCOMMANDS.find((subcommand) => subcommand.name === name);
  if (found !== undefined) return runSubcommand(found, args, terminal);
  const asked = SUBCOMMANDS.find((subcommand) => name === "help" && subcommand.name === args[0]);
  if (asked !== undefined) return runSubcommand(asked, ["--help"], terminal);
  if (["--help", "-h"].includes(name) || (name === "help" && args.length === 0)) {
    terminal.print(overview());
    return 0;
  }
  if (name === "--version") {
    terminal.print(`${version()}\n`);
    return 0;
  }
  const unknown = name === "help" ? args.join(" ") : name;
  terminal.complain(`${unknown === "" ? "no subcommand" : `unknown subcommand ${unknown}`}\n\n${overview()}`);
  return 2;
}

function overview(): string {
  const width = Math.max(...SUBCOMMANDS.map((subcommand) => subcommand.name.length));
  const lines = SUBCOMMANDS.map((subcommand) => `  ${subcommand.name.padEnd(width)}  ${subcommand.summary}`);
  return `usage: ${NAME} SUBCOMMAND …\n       ${NAME} --version\n\n${lines.join("\n")}\n\n${NAME} help SUBCOMMAND says more.\n`;
}

/** Of the package that this file is in, compiled (dist/components/command) or not. */
function version(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
}

function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  let stop: AbortSignal | undefined;
  return {
    print: (output) => void stdout.write(output),
    complain: (output) => void stderr.write(`${output}\n`),
    readStdin: () => text(stdin),
    progress: (line) => {
      // Over the line before, and nothing of it where nobody looks.
      if (stderr.isTTY) stderr.write(`\r\u001b[K${line.slice(0, stderr.columns - 1)}`);
    },
    showsProgress: stderr.isTTY,
    isScreen: stdout.isTTY,
    ...(stdin.isTTY && stderr.isTTY && { ask }),
    get interrupted() {
      return (stop ??= interrupted()); // who does not ask for it ends at once
    },
  };
}

/** Ctrl-C and Ctrl-D are no answer. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const left = new AbortController();
  lines.once("SIGINT", () => left.abort());
  lines.once("close", () => left.abort());
  try {
    return await lines.question(question, { signal: left.signal });
  } catch (error) {
    if (!left.signal.aborted) throw error;
    process.stderr.write("\n");
    return "";
  } finally {
    lines.close();
  }
}

function interrupted(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => stop.abort(new UserError("interrupted; run the same command again to go on")));
  }
  return stop.signal;
}

if (require.main === module) {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return; // `| head` has read what it wants
    process.stderr.write(`standard output cannot be written: ${error.message}\n`);
    process.exit(2);
  });
  void main(process.argv.slice(2), processTerminal()).then((code) => {
    process.exitCode = code;
  });
}
