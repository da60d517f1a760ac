import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import ssh2 from "ssh2";
import { freePorts } from "./cluster/ports";
import { endProcess, isRunning, lastLines, startProcess } from "./processes";
import { findSshd } from "./toolchain/sshd";

/** A real OpenSSH server on the loopback address, into which the user who runs this can log in. */
export interface LocalSshd {
  host: string;
  port: number;
  user: string;
  /** OpenSSH format; its public half is the only one that may log in */
  privateKey: string;
  privateKeyFile: string;
  /** `TYPE BASE64` of each host key */
  hostKeys: { ed25519: string; ecdsa: string };
  /** what it logged */
  log(): string;
  stop(): Promise<void>;
}

/** `settings` are more lines of sshd_config. */
export async function startSshd(dir: string, settings: string[] = []): Promise<LocalSshd> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const [port = 0] = await freePorts(1);
  const sshd = await findSshd();
  const ed25519 = generateEd25519();
  const ecdsa = ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 });
  const login = generateEd25519();
  const file = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const privateKeyFile = file("id", login.private);
  const config = file(
    "sshd_config",
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${file("host_ed25519", ed25519.private)}`,
      `HostKey ${file("host_ecdsa", ecdsa.private)}`,
      `AuthorizedKeysFile ${file("authorized_keys", `${login.public}\n`)}`,
      "PidFile none",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      "StrictModes no",
      "UsePAM no",
      "Subsystem sftp internal-sftp",
      "LogLevel VERBOSE",
      ...sshd.settings,
      ...settings,
      "",
    ].join("\n"),
  );
  const log = join(dir, "sshd.log");
  const [command = "", ...args] = [...asItWants(dir), sshd.command, "-D", "-e", "-f", config];
  const started = startProcess("sshd", command, args, log, sshd.env);
  for (let waited = 0; !(await greets(port)); waited++) {
    if (!isRunning(started) || waited > 200) {
      await endProcess(started);
      throw new Error(`sshd did not come up on port ${port}; expected it to; the end of its log:\n${lastLines(log)}`);
    }
    await sleep(50);
  }
  return {
    host: "127.0.0.1",
    port,
    user: userInfo().username,
    privateKey: login.private,
    privateKeyFile,
    hostKeys: { ed25519: ed25519.public, ecdsa: ecdsa.public },
    log: () => readFileSync(log, "utf8"),
    stop: () => endProcess(started),
  };
}

/** About one in 240 of the ed25519 keys that ssh2 makes cannot be parsed, not even by ssh2 itself. */
export function generateEd25519(): { private: string; public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519");
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** Started by root it wants a user `sshd` and a folder /run/sshd: it gets both where only it sees them. */
function asItWants(dir: string): string[] {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return [];
  const passwd = readFileSync("/etc/passwd", "utf8");
  const script = join(dir, "start");
  writeFileSync(
    join(dir, "passwd"),
    /^sshd:/m.test(passwd) ? passwd : `${passwd}sshd:x:65532:65534::/run/sshd:/usr/sbin/nologin\n`,
  );
  chmodSync(join(dir, "passwd"), 0o644);
  writeFileSync(
    script,
    `set -e\nmount --bind "${join(dir, "passwd")}" /etc/passwd\nmount -t tmpfs -o mode=755 tmpfs /run\nmkdir -m 755 /run/sshd\nexec "$@"\n`,
  );
  return ["unshare", "--mount", "--", "sh", script];
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", end(true)).once("error", end(false)).setTimeout(1000, end(false));
  });
}
