import { spawn } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import {
  openTarget,
  readAllTargets,
  restoreAllTargets,
  withOpenTargets,
  writeAllTargets,
} from "../../../components/encryptionKeyRotation/targets";
import { sha256OfText } from "../../../components/encryptionKeyRotation/targets/text";
import { configurationOf, secretOf } from "./configurations";

const key1 = { name: "key1", secret: secretOf(1) };
const key2 = { name: "key2", secret: secretOf(2) };
const before = configurationOf(key1);
const after = configurationOf(key1, key2);
const edit = { from: before, to: after };
const back = { from: after, to: before };
const may = (): Promise<void> => Promise.resolve();

let dir = "";
beforeEach(() => (dir = fs.mkdtempSync(path.join(os.tmpdir(), "targets-"))));
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

const at = (name: string, text?: string): string => {
  const file = path.join(dir, name);
  if (text !== undefined) fs.writeFileSync(file, text, { mode: 0o644 });
  return file;
};
const modeOf = (file: string): string => (fs.statSync(file).mode & 0o7777).toString(8);
const messageOf = async (promise: Promise<unknown>): Promise<string> => {
  const error: Error = await promise.then(
    () => new Error("no error"),
    (thrown: Error) => thrown,
  );
  return error.message;
};

/** Only root gives a file to another user. */
const asRoot = process.getuid?.() === 0 ? test : test.skip;

describe("a file", () => {
  test("is replaced as a whole by another file of mode 0600, and nothing else is left in its directory", async () => {
    const file = at("config.yaml", before);
    const { ino } = fs.statSync(file);
    const target = openTarget({ file });
    expect(await target.read()).toBe(before);
    await target.write(after);
    expect(fs.readFileSync(file, "utf8")).toBe(after);
    expect(fs.statSync(file).ino).not.toBe(ino);
    expect(modeOf(file)).toBe("600");
    expect(fs.readdirSync(dir)).toEqual(["config.yaml"]);
  });

  asRoot("whose owner is another one keeps it", async () => {
    const file = at("config.yaml", before);
    fs.chownSync(file, 1234, 2345);
    await openTarget({ file }).write(after);
    expect(fs.statSync(file)).toMatchObject({ uid: 1234, gid: 2345 });
  });

  test("that is a symbolic link stays one: the file it names is replaced", async () => {
    fs.mkdirSync(at("real"));
    const real = at("real/config.yaml", before);
    const link = at("config.yaml");
    fs.symlinkSync(real, link);
    await openTarget({ file: link }).write(after);
    expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(real, "utf8")).toBe(after);
    expect(fs.readdirSync(path.dirname(real))).toEqual(["config.yaml"]);
    await openTarget({ file: link }).write("");
    expect([await openTarget({ file: link }).read(), fs.lstatSync(link).isSymbolicLink()]).toEqual(["", true]);
  });

  test("that is a symbolic link to nothing is not taken for absent", async () => {
    fs.symlinkSync(at("unmounted/config.yaml"), at("config.yaml"));
    expect(await messageOf(openTarget({ file: at("config.yaml") }).read())).toMatch(
      /^file .*config.yaml is a symbolic link to .*unmounted\/config.yaml, which is not there\n/,
    );
  });

  test("that is absent reads as empty, the empty text removes it, and an absent directory is an error", async () => {
    const target = openTarget({ file: at("config.yaml") });
    expect(await target.read()).toBe("");
    await target.write(after);
    expect(modeOf(at("config.yaml"))).toBe("600");
    await target.write("");
    expect(fs.readdirSync(dir)).toEqual([]);
    expect(await messageOf(openTarget({ file: at("nowhere/config.yaml") }).read())).toMatch(/found no directory/);
  });

  test("keeps its bytes: a byte order mark and line ends as they are; what is no UTF-8 is refused", async () => {
    const odd = "\uFEFFkind: EncryptionConfiguration\r\n";
    const target = openTarget({ file: at("config.yaml", odd) });
    expect(await target.read()).toBe(odd);
    const held = await readAllTargets([target]);
    expect(held.sha256).toBe(sha256OfText(odd));
    fs.writeFileSync(at("config.yaml"), Buffer.from([0xff, 0xfe, 0x00]));
    expect(await messageOf(target.read())).toMatch(/not UTF-8/);
  });

  test("that cannot be written is an error that names it, and leaves nothing behind", async () => {
    fs.mkdirSync(at("config.yaml"));
    const message = await messageOf(openTarget({ file: at("config.yaml") }).write(after));
    expect(message).toMatch(
      /^cannot write file .*config.yaml: .*EISDIR.*\n {2}expected: +a directory that this user may write$/,
    );
    expect(message).not.toContain(key2.secret);
    expect(fs.readdirSync(dir)).toEqual(["config.yaml"]);
  });

  test("T1 a writer is killed before its rename, T2 the next write takes away what it left, T3 so does one that finds its work done", async () => {
    const file = at("config.yaml", before);
    const left = at(".config.yaml.storage-migration");
    // T1: the writer stops where a kill is worst, between the written text and the rename.
    const module = path.resolve(__dirname, "../../../components/encryptionKeyRotation/targets/file.ts");
    const program = `
      require("ts-node").register({ transpileOnly: true });
      const promises = require("fs/promises");
      promises.rename = () => { console.log("here"); return new Promise(() => setInterval(() => undefined, 1000)); };
      const { FileTarget } = require(${JSON.stringify(module)});
      new FileTarget(${JSON.stringify(file)}).write(${JSON.stringify(after)});`;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    expect(fs.readFileSync(file, "utf8")).toBe(before);
    expect(modeOf(left)).toBe("600");
    // T2
    const target = openTarget({ file });
    await target.write(after);
    expect(fs.readdirSync(dir)).toEqual(["config.yaml"]);
    // T3
    fs.writeFileSync(left, "left");
    expect(await writeAllTargets([target], edit, may)).toEqual({ written: [], already: [`file ${file}`] });
    expect(fs.readdirSync(dir)).toEqual(["config.yaml"]);
  }, 30_000);
});

describe("commands", () => {
  const sh = (script: string): string[] => ["sh", "-c", script];
  const commands = (read: string[], write: string[], rest: object = {}) =>
    openTarget({ commands: { read, write, name: "vault", ...rest } });

  test("print the text, and take it on standard input to the byte", async () => {
    const file = at("held", before);
    const target = commands(["cat", file], ["tee", file]);
    expect(target.name).toBe("commands vault");
    expect(await target.read()).toBe(before);
    await target.write(after);
    expect(fs.readFileSync(file, "utf8")).toBe(after);
  });

  test("are not read by a shell", async () => {
    const target = commands(["echo", "$HOME; touch x"], ["true"]);
    expect(await target.read()).toBe("$HOME; touch x\n");
  });

  test("that end with another exit code than 0 are told by program, exit code and last words", async () => {
    const message = await messageOf(commands(sh("echo no such path >&2; exit 3"), ["true"]).read());
    expect(message).toBe(
      'commands vault, read: "sh" ended with exit code 3\n  expected: exit code 0\n  why:      it said: no such path\n  next:     run it by hand to see why',
    );
  });

  test("that quote what they were given do not put a key into the message", async () => {
    const hex = Buffer.alloc(32, 7).toString("hex");
    const script = `cat >&2; echo ${hex} >&2; echo '-----BEGIN OPENSSH PRIVATE KEY-----' >&2; echo b3BlbnNz >&2; exit 1`;
    const message = await messageOf(commands(["true"], sh(script)).write(configurationOf(key2)));
    expect(message).toMatch(/ended with exit code 1/);
    for (const secret of [key2.secret, key2.secret.slice(0, 20), hex, "b3BlbnNz"])
      expect(message).not.toContain(secret);
  });

  test("that print a key and fail do not put it into the message", async () => {
    const script = `echo 'secret: ${key1.secret}'; echo 'line 1: ${key1.secret.replace(/=$/, "")} is not good' >&2; exit 1`;
    const message = await messageOf(commands(sh(script), ["true"]).read());
    expect(message).not.toContain(key1.secret.slice(0, 30));
    expect(message).toMatch(/is not good/);
  });

  test("that hang are killed with what they started", async () => {
    const script = `sleep 300 & echo $! > ${at("pid")}; wait`;
    const message = await messageOf(commands(sh(script), ["true"], { timeout: 0.5 }).read());
    expect(message).toMatch(/was not done after 0.5 s/);
    const pid = Number(fs.readFileSync(at("pid"), "utf8"));
    const state = (): string => {
      try {
        return /^State:\s+(\w)/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
      } catch {
        return "gone";
      }
    };
    for (let waited = 0; waited < 50 && !["gone", "Z"].includes(state()); waited++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(["gone", "Z"]).toContain(state());
  });

  test.each([
    ["done", "echo done"],
    ["was not done after 0.5 s", "wait"],
  ])("that leave a daemon behind which holds their pipes end without it: %s", async (outcome, last) => {
    const script = `setsid sleep 300 & echo $! > ${at("pid")}; ${last}`;
    const target = commands(sh(script), ["true"], { timeout: last === "wait" ? 0.5 : 30 });
    const said = last === "wait" ? await messageOf(target.read()) : await target.read();
    expect(said).toContain(outcome);
    process.kill(Number(fs.readFileSync(at("pid"), "utf8")));
  });

  test("that are not there, or print without end, are errors", async () => {
    expect(await messageOf(commands(["no-such-program-here"], ["true"]).read())).toMatch(/found no such program/);
    expect(await messageOf(commands(["cat", "/dev/zero"], ["true"]).read())).toMatch(/printed more than/);
  });

  test("whose write reads nothing are judged by their exit code", async () => {
    await commands(["true"], ["true"]).write(after.repeat(10_000));
  });
});

describe("several targets", () => {
  const three = (...texts: string[]) =>
    texts.map((text, index) => openTarget({ file: at(`cp-${index + 1}.yaml`, text) }));
  const texts = (): string[] =>
    fs
      .readdirSync(dir)
      .filter((name) => name.startsWith("cp-"))
      .sort()
      .map((name) => fs.readFileSync(at(name), "utf8"));

  test("that hold the same bytes are one text and its hash", async () => {
    expect(await readAllTargets(three(before, before, before))).toEqual({ text: before, sha256: sha256OfText(before) });
  });

  test("that disagree are told by structure and key names, never by secrets", async () => {
    const message = await messageOf(readAllTargets(three(before, after, before)));
    expect(message).toContain("2 different texts");
    expect(message).toMatch(
      /targets\[0\] \(file .*cp-1.yaml\) and targets\[2\] .*: secrets: aescbc \[key1\], then identity/,
    );
    expect(message).toMatch(/targets\[1\] .*: secrets: aescbc \[key1, key2\], then identity/);
    for (const { secret } of [key1, key2]) expect(message).not.toContain(secret);
  });

  test("that hold other bytes under one name, or the same written otherwise, are told so", async () => {
    const other = configurationOf({ name: "key1", secret: secretOf(9) });
    expect(await messageOf(readAllTargets(three(before, other)))).toContain(
      "aescbc:key1 has other bytes under the same name",
    );
    expect(await messageOf(readAllTargets(three(before, `# by hand\n${before}`)))).toContain("written otherwise");
  });

  test("of which one holds no EncryptionConfiguration are told so without quoting it", async () => {
    const garbage = `a: [${key1.secret}`;
    const misplaced = `resources:\n  - resources: [${key1.secret}]\n    providers: [{ ${key2.secret.replace(/=/g, "")}: {} }]\n`;
    const message = await messageOf(readAllTargets(three(before, "", garbage, misplaced)));
    expect(message).toContain("nothing");
    expect(message).toContain("a text that is not YAML");
    for (const { secret } of [key1, key2]) expect(message).not.toContain(secret.slice(0, 12));
  });

  test("that were cut off between two are read as what was before; putting that back, or the same write, ends it", async () => {
    const targets = three(after, before, before);
    const continues = (from: string, to: string): boolean => from === before && to === after;
    expect(await readAllTargets(targets, continues)).toEqual({
      text: before,
      sha256: sha256OfText(before),
      cutOff: after,
    });
    const { written, already } = await writeAllTargets(targets, edit, may);
    expect([written.length, already.length]).toEqual([2, 1]);
    expect(texts()).toEqual([after, after, after]);
    await restoreAllTargets(three(after, before, before), back, may);
    expect(texts()).toEqual([before, before, before]);
    expect(await messageOf(readAllTargets(three(after, before, "third"), continues))).toContain("3 different texts");
  });

  test("get what was before on all of them when one cannot be written", async () => {
    const refusing = openTarget({
      commands: {
        read: ["cat", at("cp-3.yaml", before)],
        write: ["sh", "-c", "echo disk full >&2; exit 1"],
        name: "cp-3",
      },
    });
    const targets = [...three(after, before), refusing];
    const message = await messageOf(writeAllTargets(targets, edit, may));
    expect(message).toContain('targets[2] (commands cp-3): commands cp-3, write: "sh" ended with exit code 1');
    expect(message).toContain("Every target holds what it held before");
    expect(texts()).toEqual([before, before, before]);
    expect(fs.readdirSync(dir).filter((name) => name.startsWith("."))).toEqual([]);
  });

  /** A second target whose program spoils the new text, and keeps the one before. */
  const spoiling = (program: string) => {
    const [held, given] = [at("cp-2.yaml", before), at("given")];
    const write = `cat > ${given}; if grep -q key2 ${given}; then ${program} < ${given} > ${held}; else cp ${given} ${held}; fi`;
    return openTarget({ commands: { read: ["cat", held], write: ["sh", "-c", write] } });
  };

  test.each([
    ["half of it", "head -c 40"],
    ["nothing", "true"],
    ["what is no configuration", "sed s/aescbc/nothing/"],
  ])("of which one holds %s after the write are put back", async (_, program) => {
    const message = await messageOf(writeAllTargets([...three(before), spoiling(program)], edit, may));
    expect(message).toMatch(/holds something else after it was written[^]*Every target holds what it held before/);
    expect(texts()).toEqual([before, before]);
  });

  test("of which one holds another configuration after the write: that one is somebody else's and stays, and is named", async () => {
    const message = await messageOf(writeAllTargets([...three(before), spoiling("sed s/key2/key3/")], edit, may));
    expect(message).toContain("secrets: aescbc [key1, key3], then identity");
    expect(message).toMatch(/not put back: targets\[1\] .* holds what somebody else wrote meanwhile/);
    expect(texts()).toEqual([before, after.replace("key2", "key3")]);
  });

  test("that cannot be put back are named, and the others are put back", async () => {
    const stuck = openTarget({ commands: { read: ["cat", at("cp-2.yaml", before)], write: ["false"], name: "stuck" } });
    await fs.promises.writeFile(at("cp-2.yaml"), after);
    expect(await messageOf(restoreAllTargets([...three(after), stuck], back, may))).toMatch(
      /not put back: targets\[1\] \(commands stuck\)/,
    );
    expect(texts()[0]).toBe(before);
  });

  test("of which one reads as before out of a cache, though it took the text, get what was before in truth", async () => {
    const [held, cached] = [at("cp-2.yaml", before), at("cached", before)];
    const stale = openTarget({ commands: { read: ["cat", cached], write: ["sh", "-c", `cat > ${held}`] } });
    const message = await messageOf(writeAllTargets([...three(before), stale], edit, may));
    expect(message).toMatch(/holds something else after it was written[^]*Every target holds what it held before/);
    expect(texts()).toEqual([before, before]);
  });

  test("that are one file, by two paths, are written once", async () => {
    const [file, link] = [at("cp-1.yaml", before), at("link.yaml")];
    fs.symlinkSync(file, link);
    const targets = [file, link, file].map((each) => openTarget({ file: each }));
    const { written, already } = await writeAllTargets(targets, edit, may);
    expect([written.length, already.length]).toEqual([1, 2]);
    expect(texts()).toEqual([after]);
  });

  test("of which somebody else wrote one are left alone", async () => {
    const message = await messageOf(writeAllTargets(three(before, configurationOf(key2)), edit, may));
    expect(message).toMatch(/somebody else wrote/);
    expect(texts()).toEqual([before, configurationOf(key2)]);
  });

  describe("of a run that stands still past its lock, while another one writes all of them", () => {
    const others = configurationOf(key2);
    const lockLost = "the lock of encryption is lost";
    /** At this turn the other one comes and goes; from then on, so far as it is told, nothing may be written. */
    const standingStillAt = (turn: number, files: readonly string[], { isTold = true } = {}) => {
      let asked = 0;
      return (): Promise<void> => {
        if (++asked === turn) for (const file of files) fs.writeFileSync(file, others);
        return asked >= turn && isTold ? Promise.reject(new Error(lockLost)) : Promise.resolve();
      };
    };
    const files = (): string[] => [at("cp-1.yaml"), at("cp-2.yaml")];

    test.each([
      ["before the first write", 1],
      ["before the first rename", 2],
      ["between the first and the second", 3],
      ["before the second rename", 4],
    ])("%s: nothing more is written, and nothing put back", async (_, turn) => {
      const message = await messageOf(writeAllTargets(three(before, before), edit, standingStillAt(turn, files())));
      expect(message).toContain(`Nothing was put back: ${lockLost}`);
      expect(texts()).toEqual([others, others]);
      expect(fs.readdirSync(dir).filter((name) => name.startsWith("."))).toEqual([]);
    });

    test.each([
      ["before the first write", 1],
      ["between the first and the second", 3],
    ])("%s, and no lock tells of it: what it finds is not what it wrote, and stays", async (_, turn) => {
      const message = await messageOf(
        writeAllTargets(three(before, before), edit, standingStillAt(turn, files(), { isTold: false })),
      );
      expect(message).toContain("holds what somebody else wrote meanwhile, secrets: aescbc [key2], then identity");
      expect(texts()).toEqual([others, others]);
    });

    test("within the write itself: what the other one wrote after it stays", async () => {
      const [held = "", file = ""] = files();
      fs.writeFileSync(held, before);
      const program = `cat > ${held}; sed /key1/,+1d ${held} > ${file}; cp ${file} ${held}`;
      const slow = openTarget({ commands: { read: ["cat", held], write: ["sh", "-c", program] } });
      const message = await messageOf(writeAllTargets([slow], edit, may));
      expect(message).toContain("secrets: aescbc [key2], then identity");
      expect(texts()).toEqual([others, others]);
    });

    test("while it takes a write back that was cut off: none of the two is touched", async () => {
      const message = await messageOf(
        restoreAllTargets(three(after, before), back, standingStillAt(1, files(), { isTold: false })),
      );
      expect(message).toMatch(/not put back: targets\[0\] .* somebody else wrote meanwhile.*targets\[1\]/);
      expect(texts()).toEqual([others, others]);
    });
  });

  test("are closed whatever comes of the work", async () => {
    let seen = 0;
    await expect(
      withOpenTargets([{ file: at("a") }, { file: at("b") }], (targets) => {
        seen = targets.length;
        return Promise.reject(new Error("no"));
      }),
    ).rejects.toThrow("no");
    expect(seen).toBe(2);
  });
});

describe("bad arguments are refused before anything is touched", () => {
  const ssh = { host: "cp-2", path: "/etc/enc.yaml", agent: true as const };
  test.each([
    ["none of the three", {}, /targets\[0\] has none of file, ssh, commands/],
    ["two of the three", { file: "/x", ssh }, /has file and ssh of file, ssh, commands/],
    [
      "a command as one text",
      { commands: { read: "cat x", write: ["tee"] } },
      /commands.read: found one text\n {2}expected: a program/,
    ],
    ["an empty reload", { file: "/x", reload: [] }, /reload: found 0 arguments/],
    ["a relative path over SSH", { ssh: { ...ssh, path: "enc.yaml" } }, /ssh.path is "enc.yaml"; expected an absolute/],
    ["no way to log in", { ssh: { host: "cp-2", path: "/x" } }, /has none of privateKey, privateKeyFile, agent/],
    ["two ways to log in", { ssh: { ...ssh, privateKey: "x" } }, /has privateKey and agent/],
    [
      "a host key that is none",
      { ssh: { ...ssh, hostKey: "MD5:00:11" } },
      /hostKey is "MD5:00:11"\n {2}expected: +a line like/,
    ],
    [
      "a host key of another type than it says",
      { ssh: { ...ssh, hostKey: "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA==" } },
      /hostKey is/,
    ],
  ])("%s", (_, args, expected) => {
    expect(() => openTarget(args as never, "targets[0]")).toThrow(expected);
  });
});
