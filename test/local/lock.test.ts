import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "../../local/lock";
import { startTime } from "../../local/processes";

let folder: string;
beforeEach(() => (folder = join(mkdtempSync(join(tmpdir(), "lock-")), "lock")));
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

function heldBy(owner: { pid: number; started: string; host: string }): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "owner.json"), JSON.stringify(owner));
}

test("two at once => one after the other, and the lock is gone afterwards", async () => {
  const events: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    events.push(`${name} in`);
    await sleep(50);
    events.push(`${name} out`);
  };
  await Promise.all([withLock(folder, work("a")), withLock(folder, work("b")), withLock(folder, work("c"))]);
  expect(events).toHaveLength(6);
  for (let i = 0; i < 6; i += 2) expect(events[i]!.split(" ")[0]).toBe(events[i + 1]!.split(" ")[0]);
  expect(existsSync(folder)).toBe(false);
});

test("work that throws => the lock is released and the error passed on", async () => {
  await expect(withLock(folder, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(existsSync(folder)).toBe(false);
});

test("owner is dead => taken over, by exactly one of many waiters at a time", async () => {
  heldBy({ pid: 2 ** 22 - 1, started: "1", host: hostname() });
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await sleep(5);
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(folder, work)));
  expect(most).toBe(1);
});

test("another process has the dead owner's number now => taken over all the same", async () => {
  heldBy({ pid: process.pid, started: "not my start", host: hostname() });
  await expect(withLock(folder, () => Promise.resolve("done"))).resolves.toBe("done");
});

test("owner is alive => waited for, and the waiter says once for whom", async () => {
  heldBy({ pid: process.pid, started: startTime(process.pid)!, host: hostname() });
  const told: string[] = [];
  const waiting = withLock(
    folder,
    () => Promise.resolve("done"),
    (text) => told.push(text),
  );
  await sleep(700);
  expect(told).toEqual([`waiting for process ${process.pid}, which holds ${folder}`]);
  rmSync(folder, { recursive: true });
  await expect(waiting).resolves.toBe("done");
});
