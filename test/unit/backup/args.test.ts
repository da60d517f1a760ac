import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { whyNoBackupArgs, whyNoCommandBackupArgs } from "../../../components/backup/args";
import { whyBackupFolderNotWritable } from "../../../components/backup/backupFolder";
import { runBackup } from "../../../components/backup/runBackup";

test.each<[string, unknown, string | undefined]>([
  ["a folder", { directory: "backups" }, undefined],
  ["a program", { command: ["velero", "backup"] }, undefined],
  ["neither", {}, "backup has neither"],
  ["both", { directory: "a", command: ["b"] }, "backup has directory and command"],
  ["a misspelt one", { dir: "a" }, "backup has dir"],
  ["one more than there is", { directory: "a", keep: 3 }, "backup has directory and keep"],
  ["text", "backups", "backup has neither"],
  ["an empty path", { directory: " " }, 'backup.directory is " "'],
  ["a command line", { command: "velero backup" }, "backup.command: found one text"],
  ["no program", { command: [] }, "backup.command: found 0 arguments"],
  ["a NUL", { command: ["pg_dump", "a\0b"] }, "backup.command[1] holds a NUL character (\\0)"],
])("%s", (_, given, what) => {
  expect(whyNoBackupArgs(given)?.what).toBe(what);
});

test("keys are saved by a program alone: files would hold secrets in clear", () => {
  expect(whyNoCommandBackupArgs({ command: ["etcdctl"] })).toBeUndefined();
  expect(whyNoCommandBackupArgs({})?.what).toBe("backup has neither");
  expect(whyNoCommandBackupArgs({ directory: "backups" })).toMatchObject({
    what: "backup.directory is given",
    why: "files of these objects would hold secrets in clear",
  });
});

test("a folder that cannot be made is found before anything runs", async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "backup-"));
  fs.writeFileSync(path.join(dir, "file"), "");
  expect(await whyBackupFolderNotWritable(path.join(dir, "new", "backups"))).toBeUndefined();
  expect(fs.readdirSync(dir)).toEqual(["file"]);
  for (const wrong of ["file", path.join("file", "backups")]) {
    expect((await whyBackupFolderNotWritable(path.join(dir, wrong)))?.what).toBe(
      `backup.directory is ${path.join(dir, wrong)}, which cannot be written: ${path.join(dir, "file")} is no folder`,
    );
  }
  fs.rmSync(dir, { recursive: true });
});

describe("a program", () => {
  const run = (script: string, signal = new AbortController().signal, ...args: string[]): Promise<string> =>
    runBackup(
      "databases.example.com",
      { command: ["sh", "-c", script, ...args] },
      { report: () => undefined, signal },
    ).then(
      () => "done",
      (error: Error) => error.message,
    );

  test("that ends with 0 is done, however much it prints", async () => {
    expect(await run("head -c 6000000 /dev/zero")).toBe("done");
  });

  test("that fails is told by exit code and its last lines, without what it was given", async () => {
    const said = await run('echo "saving"; echo "no room for $0" >&2; exit 3', undefined, "s3cret-Passphrase-1");
    expect(said).toMatch(
      /^databases\.example\.com: the backup: "sh" ended with exit code 3\n {2}expected: exit code 0\n/,
    );
    expect(said).toMatch(/it said: .*saving/);
    expect(said).toMatch(/no room for \[hidden\]/);
    expect(said).not.toContain("s3cret");
  });

  test("ends with the run, and what it started with it: that holds its output open", async () => {
    const stop = new AbortController();
    const began = run("echo began; sleep 20 & wait", stop.signal);
    stop.abort();
    expect(await began).toMatch(/"sh" was ended with this run/);
    const running = new AbortController();
    setTimeout(() => running.abort(), 500);
    expect(await run("sleep 20 & wait", running.signal)).toMatch(/"sh" was ended with this run/);
  });
});
