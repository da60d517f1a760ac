import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endCluster, isInUse, letStay, readState, thisProcess, writeState } from "../../local/cluster/state";
import { endProcess, isRunning, lastLines, startProcess, startTime } from "../../local/processes";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "processes-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const start = (program: string): ReturnType<typeof startProcess> =>
  startProcess("child", process.execPath, ["-e", program], join(dir, "log"));

test("a process is known by its number and its start, and ends when it is ended", async () => {
  const child = start("setInterval(() => {}, 1000)");
  expect(isRunning(child)).toBe(true);
  expect(isRunning({ ...child, started: "another start" })).toBe(false);
  await endProcess(child);
  expect(startTime(child.pid)).toBeUndefined();
});

test("what a process has started ends with it", async () => {
  const child = start("console.log(require('child_process').spawn('sleep', ['600']).pid); setInterval(() => {}, 1000)");
  while (!/\d/.test(lastLines(child.log))) await sleep(20);
  const grandchild = Number(lastLines(child.log));
  expect(startTime(grandchild)).toBeDefined();
  await endProcess(child);
  for (let i = 0; i < 50 && startTime(grandchild); i++) await sleep(20);
  expect(startTime(grandchild)).toBeUndefined();
});

test("it does not heed SIGTERM => it is killed after its grace", async () => {
  const child = start("process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)");
  while (!lastLines(child.log).includes("ready")) await sleep(20);
  await endProcess(child, 200);
  expect(isRunning(child)).toBe(false);
});

test("the number belongs to a stranger now => the stranger is left alone", async () => {
  const stranger = start("setInterval(() => {}, 1000)");
  await endProcess({ ...stranger, started: "before" });
  expect(isRunning(stranger)).toBe(true);
  await endProcess(stranger);
});

test("a program that is not there => an error that names it", () => {
  expect(() => startProcess("etcd", join(dir, "absent"), [], join(dir, "log"))).toThrow(/etcd: cannot start .*absent/);
});

describe("a cluster's state on disk", () => {
  const state = (rest: object) => ({ version: "1.37" as const, kubeconfig: "k", etcd: "e", processes: [], ...rest });

  test("owner alive => in use; owner dead => free, though its processes run on", async () => {
    const child = start("setInterval(() => {}, 1000)");
    const processes = [{ name: child.name, pid: child.pid, started: child.started }];
    expect(isInUse(state({ owner: thisProcess(), processes: [] }))).toBe(true);
    expect(isInUse(state({ owner: { pid: 2 ** 22 - 1, started: "1" }, processes }))).toBe(false);
    expect(isInUse(state({ processes }))).toBe(true);
    await endProcess(child);
    expect(isInUse(state({ processes }))).toBe(false);
  });

  test("ended by whoever finds it, once", async () => {
    const child = start("setInterval(() => {}, 1000)");
    writeState(
      dir,
      state({ owner: thisProcess(), processes: [{ name: child.name, pid: child.pid, started: child.started }] }),
    );
    letStay(dir);
    expect(readState(dir)?.owner).toBeUndefined();
    expect([await endCluster(dir), isRunning(child), await endCluster(dir)]).toEqual([1, false, 0]);
  });
});
