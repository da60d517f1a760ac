/** Where one API server (or several, by a shared file) gets its EncryptionConfiguration from. */
export type TargetArgs = FileTargetArgs | SshTargetArgs | CommandsTargetArgs;

export interface Reloadable {
  /**
   * A program and its arguments, run after each write where the API server does not poll the file (--encryption-provider-config-automatic-reload
   * is off): locally for `file` and `commands`, on the host for `ssh`. No shell, unless it is named (`["sh", "-c", "…"]`).
   * @default none: the API server notices a new file within a minute
   */
  reload?: string[];
}

/** A file of this machine. Absent is read as empty; its directory must be there. */
export interface FileTargetArgs extends Reloadable {
  /** Path, as the API server's --encryption-provider-config names it; a directory that is mounted, not the single file, or a rename is not seen. */
  file: string;
}

/** A file on another host, over SFTP. */
export interface SshTargetArgs extends Reloadable {
  ssh: SshArgs;
}

export interface SshArgs {
  /** Name or address. */
  host: string;
  /** @default 22 */
  port?: number;
  /** Must be able to write the file's directory. @default "root" */
  user?: string;
  /** Absolute path of the file on that host. */
  path: string;
  /** The private key's own text (secret), PEM or OpenSSH format, without a passphrase. */
  privateKey?: string;
  /** A file with it, on the machine that runs Pulumi. */
  privateKeyFile?: string;
  /** An SSH agent: its socket, or true for the one SSH_AUTH_SOCK names. */
  agent?: string | true;
  /**
   * The host key that is expected: a line as in known_hosts without the host (`ssh-ed25519 AAAA…`), or its fingerprint (`SHA256:…`). Another key,
   * or none given, is refused, and the error names the key that was found.
   */
  hostKey?: string;
  /** Seconds for the connection, and for each operation on it. @default 30 */
  timeout?: number;
}

/** Two programs, for anything else: a cloud's API, a configuration management, a jump host. */
export interface CommandsTargetArgs extends Reloadable {
  commands: {
    /** Prints the EncryptionConfiguration, or nothing, and ends with 0. No shell, unless it is named. */
    read: string[];
    /** Takes the new EncryptionConfiguration on its standard input, to the byte, and ends with 0 when `read` would print it. */
    write: string[];
    /** For messages. @default the program of `read` */
    name?: string;
    /** Seconds; then the program and what it started are killed. @default 60 */
    timeout?: number;
  };
}

/** Throws where the text must not take the place of what is there. */
export type LastLook = () => Promise<void>;

/** A target that can be read and written. What happens to it happens one thing after the other. */
export interface OpenTarget {
  /** For messages: `file PATH`, `ssh HOST:PATH`, `commands NAME`. */
  readonly name: string;
  /** The text the target holds; empty where there is no file. */
  read(): Promise<string>;
  /**
   * Whole or not at all: by rename in the same directory, mode 0600, on the disk when it returns. The empty text removes the file.
   *
   * @param last asked as late as there is a moment for it: before the rename. What it throws leaves the file as it is.
   */
  write(text: string, last?: LastLook): Promise<void>;
  /** Removes what a killed write has left beside the file. */
  tidy(): Promise<void>;
  /** Present where the target has a reload command. */
  reload?(): Promise<void>;
  close(): Promise<void>;
}
