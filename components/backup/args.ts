import type { Problem } from "../kubernetes/problem";
import { whyNoProgram } from "../programs/whyNoProgram";

/** A program of yours that makes the backup. */
export interface CommandBackupArgs {
  /**
   * The program and its arguments, run in the project's folder by whoever runs Pulumi, as long as it takes, without a shell unless
   * one is named (`["sh", "-c", "…"]`). An exit code other than 0 is an error. The arguments stand in the state: pass no
   * secret here, but by a file or the environment.
   */
  command: string[];
}

/** Files of this machine. */
export interface DirectoryBackupArgs {
  /**
   * A folder, relative to the project; made where it is not there. Each backup is a new folder in it, with every object in clear,
   * readable to this user alone. What is there is never overwritten. Keep it out of version control.
   */
  directory: string;
}

/** Files that `kubectl apply --server-side` takes back, or whatever a program of yours makes. */
export type BackupArgs = DirectoryBackupArgs | CommandBackupArgs;

/** What a phase will do, as part of its plan. */
export function describeBackupArgs(backup: BackupArgs): string {
  return "directory" in backup
    ? `back up every object to ${backup.directory} first`
    : `back up by ${backup.command[0]} first`;
}

/** Why this is no backup; undefined where it is one. */
export function whyNoBackupArgs(given: unknown): Problem | undefined {
  const { directory, command, ...others } = keysOf(given);
  const kinds = [...(directory === undefined ? [] : ["directory"]), ...(command === undefined ? [] : ["command"])];
  const found = [...kinds, ...Object.keys(others)];
  if (kinds.length !== 1 || found.length !== 1) {
    return {
      what: `backup has ${found.join(" and ") || "neither"}`,
      expected: 'one of { directory: "…" } and { command: ["…"] }',
    };
  }
  if (command !== undefined) return whyNoProgram(command, "backup.command");
  if (typeof directory === "string" && directory.trim() !== "") return undefined;
  return { what: `backup.directory is ${JSON.stringify(directory)}`, expected: "a path" };
}

/** The same for what only a program may back up: etcd, of which files here would hold secrets in clear. */
export function whyNoCommandBackupArgs(given: unknown): Problem | undefined {
  if (keysOf(given).directory === undefined) return whyNoBackupArgs(given);
  return {
    what: "backup.directory is given",
    expected: 'backup: { command: ["etcdctl", "snapshot", "save", "…"] }',
    why: "files of these objects would hold secrets in clear",
    next: "take `directory` out, and give a command that makes a backup which you encrypt",
  };
}

function keysOf(given: unknown): { directory?: unknown; command?: unknown } {
  return typeof given === "object" && given !== null ? given : {};
}
