import * as path from "path";
import { UserError, messageOfError } from "../../kubernetes/errors";
import { describeDanglingLink, temporaryFileName } from "./file";
import { SshConnection } from "./sshConnection";
import type { LastLook, OpenTarget, SshArgs } from "./target";
import { decodeTargetText } from "./text";

// https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-7
const NO_SUCH_FILE = 2;

/** A file on another host. Connects when first asked for something, and again when the connection was lost in between. */
export class SshTarget implements OpenTarget {
  readonly name: string;
  readonly reload?: () => Promise<void>;
  private connection: Promise<SshConnection> | undefined;

  constructor(
    private readonly args: SshArgs,
    reload?: readonly string[],
    private readonly where = "ssh",
  ) {
    this.name = `ssh ${args.host}:${args.path}`;
    if (reload !== undefined) {
      this.reload = async () => (await this.connected()).run(reload, `${this.name}, reload`);
    }
  }

  async read(): Promise<string> {
    const { args } = this;
    const connection = await this.connected();
    const { sftp } = connection;
    try {
      const bytes = await connection.ask<Buffer>("read", (settle) => sftp.readFile(args.path, settle));
      return decodeTargetText(bytes, this.name);
    } catch (error) {
      if (!isMissingRemotely(error)) throw this.failed("read", error);
      const link = await linkAt(connection, args.path);
      if (link !== undefined) throw new UserError(describeDanglingLink(this.name, link));
      await this.directoryIsThere(connection);
      return "";
    }
  }

  async write(text: string, last?: LastLook): Promise<void> {
    const connection = await this.connected();
    try {
      const file = await behindLinks(connection, this.args.path);
      // A link stays one, and leads to an empty file then.
      if (text === "" && (await linkAt(connection, this.args.path)) === undefined) {
        await last?.();
        await removeRemoteFile(connection, file);
      } else await replaceRemoteFile(connection, file, text, last);
      await removeRemoteFile(connection, remoteTemporaryBeside(file));
      await syncRemoteDirectory(connection, file);
    } catch (error) {
      throw this.failed("write", error);
    }
  }

  async tidy(): Promise<void> {
    const connection = await this.connected();
    try {
      await removeRemoteFile(connection, remoteTemporaryBeside(await behindLinks(connection, this.args.path)));
    } catch (error) {
      throw this.failed("tidy", error);
    }
  }

  async close(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    (await connection?.catch(() => undefined))?.close();
  }

  private connected(): Promise<SshConnection> {
    if (this.connection !== undefined) return this.connection;
    const connection = SshConnection.open(this.args, this.where);
    const forget = (): void => {
      if (this.connection === connection) this.connection = undefined;
    };
    connection.then((open) => open.onGone(forget), forget);
    return (this.connection = connection);
  }

  private async directoryIsThere(connection: SshConnection): Promise<void> {
    const directory = path.posix.dirname(this.args.path);
    const found = await connection
      .ask<{ isDirectory(): boolean }>("stat", (settle) => connection.sftp.stat(directory, settle))
      .catch(() => undefined);
    if (found?.isDirectory() === true) return;
    throw new UserError({
      what: `${this.name}: found no directory ${directory} on that host`,
      expected: "the one that --encryption-provider-config of the API server names",
      next: "correct the path, or make the directory",
    });
  }

  private failed(verb: string, error: unknown): UserError {
    if (error instanceof UserError) return error;
    const user = this.args.user ?? "root";
    return new UserError({
      what: `cannot ${verb} ${this.name}: ${messageOfError(error)}`,
      expected: `a file, in a directory, that user "${user}" may read and write`,
      next: `correct \`user\` or \`path\` of this target, or give the user the rights on ${this.args.host}`,
    });
  }
}

async function replaceRemoteFile(
  connection: SshConnection,
  file: string,
  text: string,
  last?: LastLook,
): Promise<void> {
  const { sftp } = connection;
  const temporary = remoteTemporaryBeside(file);
  const before = await connection
    .ask<{ uid: number; gid: number }>("stat", (settle) => sftp.stat(file, settle))
    .catch(() => undefined);
  await removeRemoteFile(connection, temporary);
  try {
    const handle = await connection.ask<Buffer>("create", (settle) =>
      // Exclusive: never through a link that somebody else laid there.
      sftp.open(temporary, "wx", { mode: 0o600 }, settle),
    );
    try {
      await connection.ask<void>("chmod", (settle) => sftp.fchmod(handle, 0o600, settle));
      if (before !== undefined) await keepRemoteOwner(connection, handle, before);
      const bytes = Buffer.from(text, "utf8");
      await connection.ask<void>("write", (settle) => sftp.write(handle, bytes, 0, bytes.length, 0, settle));
      await connection.ask<void>("fsync", (settle) => sftp.ext_openssh_fsync(handle, settle)).catch(unlessUnsupported);
    } finally {
      await connection.ask<void>("close", (settle) => sftp.close(handle, settle));
    }
    await last?.();
    await connection
      .ask<void>("rename", (settle) => sftp.ext_openssh_rename(temporary, file, settle))
      .catch((error: unknown) => {
        if (!isUnsupported(error)) throw error;
        throw new UserError({
          what: `${file}: the SFTP server has no posix-rename@openssh.com`,
          expected: "a server that has it",
          why: "without it the file would be absent for a moment",
          next: "use OpenSSH's, or the commands target",
        });
      });
  } catch (error) {
    await removeRemoteFile(connection, temporary).catch(() => undefined);
    throw error;
  }
}

/** Only root may give a file away; whoever else writes it becomes its owner. */
async function keepRemoteOwner(
  connection: SshConnection,
  handle: Buffer,
  { uid, gid }: { uid: number; gid: number },
): Promise<void> {
  await connection
    .ask<void>("chown", (settle) => connection.sftp.fchown(handle, uid, gid, settle))
    .catch(() => undefined);
}

/** A rename is on the disk when its directory is. SFTP has no word for that, and a host that allows SFTP alone no program. */
async function syncRemoteDirectory(connection: SshConnection, file: string): Promise<void> {
  await connection.run(["sync", path.posix.dirname(file)], "sync").catch(() => undefined);
}

async function removeRemoteFile(connection: SshConnection, file: string): Promise<void> {
  await connection
    .ask<void>("unlink", (settle) => connection.sftp.unlink(file, settle))
    .catch((error: unknown) => {
      if (!isMissingRemotely(error)) throw error;
    });
}

/** What the path names, where it is a symbolic link. */
function linkAt(connection: SshConnection, file: string): Promise<string | undefined> {
  return connection.ask<string>("readlink", (settle) => connection.sftp.readlink(file, settle)).catch(() => undefined);
}

/** A rename onto a symbolic link would replace the link, not the file it names. */
async function behindLinks(connection: SshConnection, file: string): Promise<string> {
  try {
    return await connection.ask<string>("realpath", (settle) => connection.sftp.realpath(file, settle));
  } catch (error) {
    if (isMissingRemotely(error)) return file;
    throw error;
  }
}

function remoteTemporaryBeside(file: string): string {
  return path.posix.join(path.posix.dirname(file), temporaryFileName(path.posix.basename(file)));
}

function isMissingRemotely(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === NO_SUCH_FILE;
}

function isUnsupported(error: unknown): boolean {
  return /does not support this extended request/.test(messageOfError(error));
}

function unlessUnsupported(error: unknown): void {
  if (!isUnsupported(error)) throw error;
}
