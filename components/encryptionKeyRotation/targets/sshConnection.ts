import * as fs from "fs/promises";
import type { Client, ConnectConfig, SFTPWrapper } from "ssh2";
import { UserError, messageOfError } from "../../kubernetes/errors";
import { type Problem } from "../../kubernetes/problem";
import { hostKeyAlgorithms, isPinnedHostKey, parsePinnedHostKey, describeRefusedHostKey } from "./hostKey";
import { redact } from "../../programs/redact";
import type { SshArgs } from "./target";

const DEFAULT_TIMEOUT_SECONDS = 30;
const DEFAULT_PORT = 22;
const DEFAULT_USER = "root";

/** One SSH connection with its SFTP channel. Nothing on it outlasts the time given: a connection that stops answering is dropped. */
export class SshConnection {
  private constructor(
    private readonly client: Client,
    readonly sftp: SFTPWrapper,
    private readonly host: string,
    private readonly timeoutSeconds: number,
  ) {}

  /** `where` names the arguments, for messages. */
  static async open(args: SshArgs, where: string): Promise<SshConnection> {
    const { default: ssh2 } = await import("ssh2");
    const timeoutSeconds = args.timeout ?? DEFAULT_TIMEOUT_SECONDS;
    const host = `${args.host}:${args.port ?? DEFAULT_PORT}`;
    const login = await loginOf(args, where);
    if (login.privateKey !== undefined) {
      const key = ssh2.utils.parseKey(login.privateKey);
      if (key instanceof Error) {
        throw new UserError({
          what: `${where}: ${login.way} is no private key that can be used: ${key.message}`,
          expected: "one in PEM or OpenSSH format without a passphrase",
          next: "for a key with a passphrase use agent",
        });
      }
    }
    const client = new ssh2.Client();
    try {
      await ready(client, args, host, where, login, timeoutSeconds);
      const sftp = await within<SFTPWrapper>(client, timeoutSeconds, "the SFTP channel", (settle) =>
        client.sftp(settle),
      );
      return new SshConnection(client, sftp, host, timeoutSeconds);
    } catch (error) {
      client.destroy();
      if (error instanceof UserError) throw error;
      throw new UserError({
        what: `cannot connect to ${host} by SSH: ${messageOfError(error)}`,
        expected: "an SSH server with SFTP",
        next: `try \`sftp ${host}\` from here, and correct host, port or the network between`,
      });
    }
  }

  /** One request over SFTP; ssh2 throws at once where the server lacks an extension. */
  ask<T>(what: string, start: (settle: Settle<T>) => unknown): Promise<T> {
    return within(this.client, this.timeoutSeconds, what, start);
  }

  /** Runs a program on the host. The user's shell there reads the line, so each argument is quoted. */
  async run(argv: readonly string[], what: string): Promise<void> {
    const program = argv[0] ?? "";
    const line = argv.map((arg) => `'${arg.replace(/'/g, `'\\''`)}'`).join(" ");
    const { code, said } = await this.ask<{ code: string; said: string }>(`${what} ("${program}")`, (settle) =>
      this.client.exec(line, (error, stream) => {
        if (error !== undefined) return settle(error);
        let complaint = "";
        stream.stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString("utf8")).slice(-8192)));
        stream.on("data", () => undefined);
        // Nothing to read: a program that waits for its input would else never end.
        stream.end();
        stream.on("close", (code: number | null, signal?: string) =>
          settle(undefined, { code: signal ? `signal ${signal}` : `exit code ${code ?? "none"}`, said: complaint }),
        );
      }),
    );
    if (code === "exit code 0") return;
    const told = redact(said);
    const why = told === "" ? undefined : `it said: ${told}`;
    throw new UserError({
      what: `${what}: "${program}" on ${this.host} ended with ${code}`,
      expected: "exit code 0",
      why,
      next: `run it by hand on ${this.host} to see why`,
    });
  }

  close(): void {
    this.client.end();
  }

  /** Called once, when the connection is gone. */
  onGone(gone: () => void): void {
    this.client.once("close", gone);
    this.client.on("error", gone);
  }
}

interface Login {
  way: string;
  privateKey?: string;
  agent?: string;
}

async function loginOf(args: SshArgs, where: string): Promise<Login> {
  if (args.privateKey !== undefined) return { way: "privateKey", privateKey: args.privateKey };
  if (args.privateKeyFile !== undefined) {
    const way = `privateKeyFile ${args.privateKeyFile}`;
    try {
      return { way, privateKey: await fs.readFile(args.privateKeyFile, "utf8") };
    } catch (error) {
      throw new UserError({
        what: `${where}: cannot read ${way}: ${messageOfError(error)}`,
        expected: "a private key",
      });
    }
  }
  const agent = typeof args.agent === "string" ? args.agent : process.env["SSH_AUTH_SOCK"];
  if (agent === undefined || agent === "") {
    throw new UserError({
      what: `${where}: agent is true, and SSH_AUTH_SOCK is not set`,
      expected: "a running SSH agent, or its socket as agent",
    });
  }
  return { way: "agent", agent };
}

function ready(
  client: Client,
  args: SshArgs,
  host: string,
  where: string,
  login: Login,
  timeoutSeconds: number,
): Promise<void> {
  const { way, ...authentication } = login;
  const username = args.user ?? DEFAULT_USER;
  const pinned = args.hostKey === undefined ? undefined : parsePinnedHostKey(args.hostKey, `${where}.hostKey`);
  const serverHostKey = hostKeyAlgorithms(pinned);
  let refusal: Problem | undefined;
  const config: ConnectConfig = {
    host: args.host,
    port: args.port ?? DEFAULT_PORT,
    username,
    ...authentication,
    readyTimeout: timeoutSeconds * 1000,
    // A connection that a firewall forgot is noticed, rather than waited for.
    keepaliveInterval: 10_000,
    ...(serverHostKey && { algorithms: { serverHostKey: serverHostKey as never } }),
    hostVerifier: (found: Buffer): boolean => {
      if (isPinnedHostKey(pinned, found)) return true;
      refusal = describeRefusedHostKey(host, `${where}.hostKey`, pinned, found);
      return false;
    },
  };
  return new Promise((resolve, reject) => {
    client.once("ready", resolve);
    client.on("error", (error: SshError) => {
      const why = refusal ?? explainRefusal(error, host, `user "${username}" with ${way}`, pinned, where);
      reject(why === undefined ? error : new UserError(why));
    });
    client.once("close", () => reject(new Error("the connection was closed before it was ready")));
    client.connect(config);
  });
}

type SshError = Error & { level?: string };

/** What the server has against this login, or we against its host keys; undefined where it is something else. */
function explainRefusal(
  { level, message }: SshError,
  host: string,
  who: string,
  pinned: ReturnType<typeof parsePinnedHostKey> | undefined,
  where: string,
): Problem | undefined {
  if (level === "client-authentication") {
    return {
      what: `${host} refused ${who}`,
      expected: "a user whose authorized_keys holds that key's public half",
      next: "add it there (ssh-copy-id), or give another user or key",
    };
  }
  if (pinned?.kind !== "key" || !/no matching host key/.test(message)) return undefined;
  return {
    what: `${host} has no host key of type ${pinned.type}, the pinned one's`,
    expected: `${where}.hostKey to be one of the keys of that host`,
    next: "on the host, `cat /etc/ssh/ssh_host_*_key.pub` prints them: give one of these",
  };
}

type Settle<T> = (error?: Error | null, value?: T) => void;

function within<T>(client: Client, seconds: number, what: string, start: (settle: Settle<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (): void => settle(new Error(`${what}: the connection ended`));
    const timer = setTimeout(() => {
      settle(new Error(`${what}: no answer within ${seconds} s`));
      client.destroy();
    }, seconds * 1000);
    const settle: Settle<T> = (error, value) => {
      clearTimeout(timer);
      client.removeListener("close", gone);
      if (error) reject(error);
      else resolve(value as T);
    };
    client.once("close", gone);
    try {
      start(settle);
    } catch (error) {
      settle(error as Error);
    }
  });
}
