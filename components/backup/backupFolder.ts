import { constants, promises as fs } from "fs";
import * as path from "path";
import { messageOfError, UserError } from "../kubernetes/errors";
import type { Problem } from "../kubernetes/problem";

/**
 * A folder that is there only when it is complete: filled under a hidden name, renamed at the end. One that is there stays as it
 * is, and the next gets a number.
 */
export class BackupFolder {
  private constructor(
    private readonly root: string,
    private readonly name: string,
    private readonly partial: string,
  ) {}

  /** @param id of whose backup it is: what a killed run has left under it goes */
  static async begin(directory: string, name: string, id: string): Promise<BackupFolder> {
    const folder = new BackupFolder(directory, name, path.join(directory, `.incomplete-${id}`));
    await folder.attempt(async () => {
      await makeBackupFolder(path.resolve(directory));
      await fs.rm(folder.partial, { recursive: true, force: true });
      await fs.mkdir(folder.partial, { mode: 0o700 });
    });
    return folder;
  }

  /** A new file in it, on the disk when this returns. */
  async write(file: string, text: string): Promise<void> {
    await this.attempt(async () => {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
      const handle = await fs.open(path.join(this.partial, file), flags, 0o600);
      try {
        await handle.writeFile(text, "utf8");
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
  }

  /** Gives it its name; returns its path. */
  async complete(): Promise<string> {
    return this.attempt(async () => {
      await syncBackupDirectory(this.partial);
      let final = path.join(this.root, this.name);
      for (let number = 2; await isThere(final); number++) final = path.join(this.root, `${this.name}-${number}`);
      await fs.rename(this.partial, final);
      await syncBackupDirectory(this.root);
      return final;
    });
  }

  /** As if it had never begun. */
  async discard(): Promise<void> {
    await fs.rm(this.partial, { recursive: true, force: true }).catch(() => undefined);
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new UserError({
        what: `cannot write the backup ${path.join(this.root, this.name)}: ${messageOfError(error)}`,
        expected: "a folder that this user may write, with room for every object",
        why: "nothing is dropped",
        next: "make room, or correct `backup.directory`, then run `pulumi up` again",
      });
    }
  }
}

/** Why no backup can be made there, as far as that is known before; undefined where it can. */
export async function whyBackupFolderNotWritable(directory: string): Promise<Problem | undefined> {
  let nearest = path.resolve(directory);
  while (!(await isThere(nearest))) nearest = path.dirname(nearest);
  try {
    const found = await fs.stat(nearest);
    if (!found.isDirectory()) throw new Error(`${nearest} is no folder`);
    await fs.access(nearest, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return {
      what: `backup.directory is ${directory}, which cannot be written: ${messageOfError(error)}`,
      expected: "a folder that this user may write, or one that can be made",
      next: "correct `backup.directory`, or its owner and mode",
    };
  }
}

/** With those above it, each on the disk when this returns. */
async function makeBackupFolder(folder: string): Promise<void> {
  const first = await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = path.dirname(made))
    await syncBackupDirectory(path.dirname(made));
}

async function isThere(file: string): Promise<boolean> {
  return fs.lstat(file).then(
    () => true,
    () => false,
  );
}

/** A rename is on the disk when its directory is: fsync(2). */
async function syncBackupDirectory(directory: string): Promise<void> {
  const handle = await fs.open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
