#!/usr/bin/env node
import { text } from "node:stream/consumers";
import { check } from "./check/check";
import { notes } from "./notes/notes";
import { schemas } from "./schemas/schemas";
import { status } from "./status/status";
import { runSubcommand, type ExitCode, type Subcommand, type Terminal } from "./subcommand";

const SUBCOMMANDS: readonly Subcommand[] = [check, notes, status, schemas];

const NAME = "kubernetes-storage-migration";

/** @returns the exit code */
export async function main([name = "", ...args]: string[], terminal: Terminal): Promise<ExitCode> {
  const found = SUBCOMMANDS.find((subcommand) => subcommand.name === name);
  if (found !== undefined) return runSubcommand(found, args, terminal);
  if (["--help", "-h", "help"].includes(name)) {
    terminal.print(overview());
    return 0;
  }
  terminal.complain(`${name === "" ? "no subcommand" : `unknown subcommand ${name}`}\n\n${overview()}`);
  return 2;
}

function overview(): string {
  const width = Math.max(...SUBCOMMANDS.map((subcommand) => subcommand.name.length));
  const lines = SUBCOMMANDS.map((subcommand) => `  ${subcommand.name.padEnd(width)}  ${subcommand.summary}`);
  return `usage: ${NAME} SUBCOMMAND …\n\n${lines.join("\n")}\n\n${NAME} SUBCOMMAND --help says more.\n`;
}

if (require.main === module) {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error; // `| head` has read what it wants
  });
  const terminal: Terminal = {
    print: (output) => void process.stdout.write(output),
    complain: (output) => void process.stderr.write(`${output}\n`),
    readStdin: () => text(process.stdin),
    progress: (line) => {
      // Over the line before, and nothing of it where nobody looks.
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
    },
    isScreen: process.stdout.isTTY,
  };
  void main(process.argv.slice(2), terminal).then((code) => {
    process.exitCode = code;
  });
}
