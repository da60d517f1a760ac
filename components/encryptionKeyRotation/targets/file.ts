import { constants, type Stats } from "fs";
import * as fs from "fs/promises";
import * as path from "path";
import { UserError, messageOfError } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";
import type { LastLook, OpenTarget } from "./target";
import { decodeTargetText } from "./text";

/** One name for each file, so that a later run finds what a killed one has left. */
export function temporaryFileName(file: string): string {
  return `.${file}.storage-migration`;
}

/** Not an absent file: what it names is perhaps not mounted just now, and a rename would take the link away. */
export function describeDanglingLink(target: string, names: string): Problem {
  return {
    what: `${target} is a symbolic link to ${names}, which is not there`,
    expected: "the file that it names, or no link",
    next: "mount or put back what it names, or correct the path; before a first encryption an empty file there is enough",
  };
}

/** A file of this machine. */
export class FileTarget implements OpenTarget {
  readonly name: string;

  constructor(private readonly path: string) {
    this.name = `file ${path}`;
  }

  async read(): Promise<string> {
    try {
      return decodeTargetText(await fs.readFile(this.path), this.name);
    } catch (error) {
      if (!isCode(error, "ENOENT")) throw this.failed("read", error, "a file that this user may read");
      const link = await this.link();
      if (link !== undefined) throw new UserError(describeDanglingLink(this.name, link));
      await this.directoryIsThere();
      return "";
    }
  }

  async write(text: string, last?: LastLook): Promise<void> {
    const file = await this.behindLinks();
    try {
      // A link stays one, and leads to an empty file then.
      if (text === "" && (await this.link()) === undefined) {
        await last?.();
        await fs.rm(file, { force: true });
      } else await replaceLocalFile(file, text, last);
      await this.tidy();
      await syncLocalDirectory(path.dirname(file));
    } catch (error) {
      throw this.failed("write", error, "a directory that this user may write");
    }
  }

  async tidy(): Promise<void> {
    await fs.rm(localTemporaryBeside(await this.behindLinks()), { force: true });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** What the path names, where it is a symbolic link. */
  private link(): Promise<string | undefined> {
    return fs.readlink(this.path).catch(() => undefined);
  }

  /** A rename onto a symbolic link would replace the link, not the file it names. */
  private async behindLinks(): Promise<string> {
    try {
      return await fs.realpath(this.path);
    } catch (error) {
      if (isCode(error, "ENOENT")) return this.path;
      throw this.failed("find", error, "a path that this user may look up");
    }
  }

  private async directoryIsThere(): Promise<void> {
    const directory = path.dirname(this.path);
    const found = await fs.stat(directory).catch(() => undefined);
    if (found?.isDirectory() === true) return;
    throw new UserError({
      what: `${this.name}: found no directory ${directory}`,
      expected: "the one that --encryption-provider-config of the API server names",
      next: "correct the path, or make the directory",
    });
  }

  private failed(verb: string, error: unknown, expected: string): UserError {
    if (error instanceof UserError) return error;
    return new UserError({ what: `cannot ${verb} ${this.name}: ${messageOfError(error)}`, expected: expected });
  }
}

async function replaceLocalFile(file: string, text: string, last?: LastLook): Promise<void> {
  const temporary = localTemporaryBeside(file);
  const before = await fs.stat(file).catch(() => undefined);
  await fs.rm(temporary, { force: true });
  // O_EXCL: never through a link that somebody else laid there.
  const handle = await fs.open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    try {
      await handle.chmod(0o600);
      await keepLocalOwner(handle, before);
      await handle.writeFile(text, "utf8");
      await handle.sync();
    } finally {
      await handle.close();
    }
    await last?.();
    await fs.rename(temporary, file);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

/** Only root may give a file away; whoever else writes it becomes its owner. */
async function keepLocalOwner(handle: fs.FileHandle, before: Stats | undefined): Promise<void> {
  if (before === undefined) return;
  try {
    await handle.chown(before.uid, before.gid);
  } catch (error) {
    if (!isCode(error, "EPERM")) throw error;
  }
}

/** A rename is on the disk when its directory is: fsync(2). */
async function syncLocalDirectory(directory: string): Promise<void> {
  const handle = await fs.open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function localTemporaryBeside(file: string): string {
  return path.join(path.dirname(file), temporaryFileName(path.basename(file)));
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === code;
}
