import { spawn } from "child_process";
import * as fs from "fs";
import * as net from "net";
import * as os from "os";
import * as path from "path";
import ssh2 from "ssh2";
import {
  openTarget,
  readAllTargets,
  writeAllTargets,
  type OpenTarget,
  type SshArgs,
} from "../../components/encryptionKeyRotation/targets";
import { fingerprintHostKey } from "../../components/encryptionKeyRotation/targets/hostKey";
import { generateEd25519, startSshd, type LocalSshd } from "../../local/sshd";
import { configurationOf, secretOf } from "../unit/encryptionKeyRotation/configurations";

jest.setTimeout(120_000);

const key1 = { name: "key1", secret: secretOf(1) };
const before = configurationOf(key1);
const after = configurationOf(key1, { name: "key2", secret: secretOf(2) });

/** Only root gives a file to another user. */
const asRoot = process.getuid?.() === 0 ? test : test.skip;

// A real OpenSSH server on the loopback address, which this user may log in to with a key made for it.
describe("a file over SSH", () => {
  let dir = "";
  let held = "";
  let sshd: LocalSshd;
  const open: OpenTarget[] = [];

  const target = (ssh: Partial<SshArgs> = {}, reload?: string[]): OpenTarget => {
    const { host, port, user, privateKey, hostKeys } = sshd;
    const login = ssh.privateKeyFile === undefined && ssh.agent === undefined ? { privateKey } : {};
    const args = { host, port, user, path: at("config.yaml"), hostKey: hostKeys.ed25519, ...login, ...ssh };
    const made = openTarget({ ssh: args, ...(reload && { reload }) }, "targets[0]");
    open.push(made);
    return made;
  };
  const at = (name: string): string => path.join(held, name);
  const put = (text: string): void => fs.writeFileSync(at("config.yaml"), text, { mode: 0o644 });
  const failure = async (promise: Promise<unknown>): Promise<string> => {
    const error: Error = await promise.then(
      () => new Error("no error"),
      (thrown: Error) => thrown,
    );
    expect(error.message).not.toContain(secretOf(2));
    expect(error.message).not.toMatch(/PRIVATE KEY/);
    return error.message;
  };

  beforeAll(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "ssh-target-"));
    sshd = await startSshd(path.join(dir, "sshd"));
  });
  afterAll(async () => {
    await sshd?.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => (held = fs.mkdtempSync(path.join(dir, "held-"))));
  afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));

  test("is replaced as a whole by another file of mode 0600 and nothing else is left there", async () => {
    put(before);
    const { ino } = fs.statSync(at("config.yaml"));
    const ssh = target();
    expect(ssh.name).toBe(`ssh 127.0.0.1:${at("config.yaml")}`);
    expect(await ssh.read()).toBe(before);
    await ssh.write(after);
    expect(fs.readFileSync(at("config.yaml"), "utf8")).toBe(after);
    const found = fs.statSync(at("config.yaml"));
    expect(found.ino).not.toBe(ino);
    expect((found.mode & 0o7777).toString(8)).toBe("600");
    expect(fs.readdirSync(held)).toEqual(["config.yaml"]);
  });

  asRoot("whose owner is another one keeps it", async () => {
    put(before);
    fs.chownSync(at("config.yaml"), 1234, 2345);
    await target().write(after);
    expect(fs.statSync(at("config.yaml"))).toMatchObject({ uid: 1234, gid: 2345 });
  });

  test("that is absent reads as empty, the empty text removes it, and an absent directory is an error", async () => {
    const ssh = target();
    expect(await ssh.read()).toBe("");
    await ssh.write(after);
    expect(await ssh.read()).toBe(after);
    await ssh.write("");
    expect(fs.readdirSync(held)).toEqual([]);
    expect(await failure(target({ path: at("nowhere/config.yaml") }).read())).toMatch(
      /found no directory .*nowhere on that host/,
    );
  });

  test("that is a symbolic link stays one", async () => {
    fs.mkdirSync(at("real"));
    fs.writeFileSync(at("real/real.yaml"), before);
    fs.symlinkSync("real/real.yaml", at("config.yaml"));
    await target().write(after);
    expect(fs.lstatSync(at("config.yaml")).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(at("real/real.yaml"), "utf8")).toBe(after);
    expect(fs.readdirSync(at("real"))).toEqual(["real.yaml"]);
    await target().write("");
    expect([await target().read(), fs.lstatSync(at("config.yaml")).isSymbolicLink()]).toEqual(["", true]);
  });

  test("that is a symbolic link to nothing is not taken for absent", async () => {
    fs.symlinkSync("unmounted/real.yaml", at("config.yaml"));
    expect(await failure(target().read())).toMatch(/is a symbolic link to unmounted\/real.yaml, which is not there/);
  });

  test("that cannot be written is an error that names host, path and user, and leaves nothing behind", async () => {
    fs.mkdirSync(at("config.yaml"));
    const message = await failure(target().write(after));
    expect(message).toMatch(`cannot write ssh 127.0.0.1:${at("config.yaml")}: `);
    expect(message).toContain(`that user "${sshd.user}" may read and write`);
    expect(fs.readdirSync(held)).toEqual(["config.yaml"]);
  });

  test("T1 a writer is killed before its rename, T2 the next write takes away what it left", async () => {
    put(before);
    // T1
    const { host, port, user, privateKeyFile, hostKeys } = sshd;
    const args = { host, port, user, privateKeyFile, hostKey: hostKeys.ed25519, path: at("config.yaml") };
    const program = `
      require("ts-node").register({ transpileOnly: true });
      require("ssh2/lib/protocol/SFTP.js").SFTP.prototype.ext_openssh_rename = () => console.log("here");
      const { openTarget } = require("./components/encryptionKeyRotation/targets");
      openTarget({ ssh: ${JSON.stringify(args)} }).write(${JSON.stringify(after)});`;
    const child = spawn(process.execPath, ["-e", program], {
      cwd: path.resolve(__dirname, "../.."),
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    expect(fs.readdirSync(held).sort()).toEqual([".config.yaml.storage-migration", "config.yaml"]);
    expect(fs.statSync(at(".config.yaml.storage-migration")).mode & 0o777).toBe(0o600);
    expect(fs.readFileSync(at("config.yaml"), "utf8")).toBe(before);
    // T2
    await target().write(after);
    expect(fs.readdirSync(held)).toEqual(["config.yaml"]);
  });

  test("is refused while its host key is not pinned, and the error says which key was found and how to pin it", async () => {
    const { host, port, user, privateKey } = sshd;
    const unpinned = openTarget({ ssh: { host, port, user, privateKey, path: at("config.yaml") } }, "targets[2]");
    open.push(unpinned);
    const message = await failure(unpinned.read());
    expect(message).toContain(`the host key of 127.0.0.1:${sshd.port} is not pinned: found ssh-ed25519 SHA256:`);
    expect(message).toContain("expected: targets[2].ssh.hostKey to say which it is");
    expect(message).toContain("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    // What the error says to set is what works.
    const [, line = ""] = /set hostKey: "([^"]+)"/.exec(message) ?? [];
    put(before);
    expect(await target({ hostKey: line }).read()).toBe(before);
  });

  test("is refused when the host key is another one; a fingerprint, or the host's other key, will do", async () => {
    put(before);
    const other = generateEd25519().public;
    const message = await failure(target({ hostKey: other }).read());
    expect(message).toMatch(/is not the pinned one: found ssh-ed25519 SHA256:\S+\n {2}expected: +ssh-ed25519 SHA256:/);
    expect(message).toContain("somebody stands in between");
    const rsa = ssh2.utils.generateKeyPairSync("rsa", { bits: 2048 }).public;
    expect(await failure(target({ hostKey: rsa }).read())).toContain(
      "has no host key of type ssh-rsa, the pinned one's",
    );

    const { ed25519, ecdsa } = sshd.hostKeys;
    const fingerprint = fingerprintHostKey(Buffer.from(ed25519.split(" ")[1] ?? "", "base64"));
    expect(await target({ hostKey: fingerprint }).read()).toBe(before);
    expect(await target({ hostKey: ecdsa }).read()).toBe(before);
  });

  test("logs in with a key's content, its file, or an agent; others are refused by name", async () => {
    put(before);
    expect(await target({ privateKeyFile: sshd.privateKeyFile }).read()).toBe(before);
    const socket = path.join(held, "agent");
    const agent = await startAgent(socket, sshd.privateKey);
    try {
      expect(await target({ agent: socket }).read()).toBe(before);
    } finally {
      agent.close();
    }
    const stranger = generateEd25519().private;
    expect(await failure(target({ privateKey: stranger }).read())).toContain(
      `127.0.0.1:${sshd.port} refused user "${sshd.user}" with privateKey`,
    );
    expect(await failure(target({ privateKey: "no key" }).read())).toMatch(
      /privateKey is no private key that can be used/,
    );
    const locked = ssh2.utils.generateKeyPairSync("ed25519", {
      passphrase: "x",
      cipher: "aes256-cbc",
      rounds: 8,
    }).private;
    expect(await failure(target({ privateKey: locked }).read())).toMatch(
      /expected: +one .* without a passphrase\n {2}next: +for a key with a passphrase use agent/,
    );
    expect(await failure(target({ privateKeyFile: at("none") }).read())).toMatch(/cannot read privateKeyFile/);
  });

  test("runs its reload command on the host, without a shell of ours between", async () => {
    put(before);
    const odd = at("it's $HOME; x");
    await target({}, ["touch", odd]).reload?.();
    expect(fs.existsSync(odd)).toBe(true);
    expect(target()).not.toHaveProperty("reload");
    const message = await failure(
      target({}, ["sh", "-c", `echo 'secret: ${secretOf(2)}' no such unit >&2; exit 5`]).reload?.() ??
        Promise.resolve(),
    );
    expect(message).toMatch(
      /reload: "sh" on 127.0.0.1:\d+ ended with exit code 5\n {2}expected: +exit code 0\n {2}why: +it said: .*no such unit/,
    );
  });

  test("T1 its host hangs: the time is up, T2 it is back: the same target goes on", async () => {
    put(before);
    const relay = await startRelay(sshd.port);
    const [ssh, fresh] = [target({ port: relay.port, timeout: 2 }), target({ port: relay.port, timeout: 2 })];
    expect(await ssh.read()).toBe(before);
    relay.hang();
    expect(await failure(ssh.read())).toMatch(/cannot read ssh .*: read: no answer within 2 s/);
    expect(await failure(fresh.read())).toMatch(/cannot connect to 127.0.0.1:\d+ by SSH: Timed out/);
    relay.goOn();
    expect(await ssh.read()).toBe(before);
    await Promise.all([ssh.close(), fresh.close()]);
    relay.close();
  });

  test("whose server is not there is an error that names it", async () => {
    expect(await failure(target({ port: 1 }).read())).toMatch(/cannot connect to 127.0.0.1:1 by SSH: .*ECONNREFUSED/);
  });

  test("goes together with local files and commands: all are written, or all put back", async () => {
    put(before);
    for (const name of ["local.yaml", "command.yaml"]) fs.writeFileSync(at(name), before);
    const command = at("command.yaml");
    const edit = { from: before, to: after };
    const may = (): Promise<void> => Promise.resolve();
    const mixed = (write: string): OpenTarget[] => [
      openTarget({ file: at("local.yaml") }),
      target(),
      openTarget({ commands: { read: ["cat", command], write: ["sh", "-c", write] } }),
    ];
    expect(await failure(writeAllTargets(mixed("exit 1"), edit, may))).toContain(
      "Every target holds what it held before",
    );
    expect((await readAllTargets(mixed("true"))).text).toBe(before);
    await writeAllTargets(mixed(`cat > ${command}`), edit, may);
    expect((await readAllTargets(mixed("true"))).text).toBe(after);
    expect(fs.readdirSync(held).sort()).toEqual(["command.yaml", "config.yaml", "local.yaml"]);
  });
});

// Where a host allows SFTP and nothing else, no program can be run: the directory's sync is left out, and that is no failure.
test("a host that allows SFTP alone is enough", async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "ssh-target-"));
  const sshd = await startSshd(path.join(dir, "sshd"), ["ForceCommand internal-sftp"]);
  const { host, port, user, privateKey, hostKeys } = sshd;
  const file = path.join(dir, "config.yaml");
  const target = openTarget({
    ssh: { host, port, user, privateKey, hostKey: hostKeys.ed25519, path: file, timeout: 5 },
  });
  try {
    await target.write(after);
    expect(await target.read()).toBe(after);
  } finally {
    await target.close();
    await sshd.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  }
});

/** A TCP relay that can hold up what it carries, as a host that hangs does. */
async function startRelay(to: number) {
  const sockets = new Set<net.Socket>();
  let hangs = false;
  const server = net.createServer((near) => {
    sockets.add(near.on("error", () => undefined));
    if (hangs) return;
    const far = net.connect(to, "127.0.0.1").on("error", () => undefined);
    sockets.add(far);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    hang: () => {
      hangs = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    goOn: () => {
      hangs = false;
      for (const socket of sockets) socket.destroy();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** An SSH agent with one key, speaking the agent's protocol on a socket. */
async function startAgent(socket: string, privateKey: string): Promise<net.Server> {
  const key = ssh2.utils.parseKey(privateKey) as ssh2.ParsedKey;
  const server = net.createServer((connection) => {
    const protocol = new ssh2.AgentProtocol(false);
    protocol.on("identities", (request) => protocol.getIdentitiesReply(request, [key]));
    protocol.on("sign", (request, _key, data) => protocol.signReply(request, key.sign(data)));
    connection.pipe(protocol).pipe(connection);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return server;
}
