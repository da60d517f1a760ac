import type { Work } from "../kubernetes/report";
import { runCommand } from "../programs/runCommand";
import type { CommandBackupArgs } from "./args";

const SAY_EVERY_MS = 1_000;

/** Has the user's program make the backup. @throws UserError where it fails: nothing may be taken away after that */
export async function runBackup(what: string, { command }: CommandBackupArgs, work: Work): Promise<void> {
  const began = performance.now();
  const say = (): void =>
    work.report(`backing up: waiting for ${command[0]} (${Math.round((performance.now() - began) / 1_000)} s)`);
  say();
  const timer = setInterval(say, SAY_EVERY_MS);
  try {
    await runCommand({ what: `${what}: the backup`, argv: command, signal: work.signal });
  } finally {
    clearInterval(timer);
  }
}
