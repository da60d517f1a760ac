import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { startTime } from "./processes";

// A takeover is two renames; one that lasts this long was killed in the middle.
const abandonedMilliseconds = 10_000;

interface Owner {
  pid: number;
  started: string;
  host: string;
}

/** Runs `work` while holding a folder as lock; says once whom it waits for. A lock whose owner is dead is taken over. */
export async function withLock<T>(
  folder: string,
  work: () => Promise<T>,
  onWait: (text: string) => void = () => undefined,
): Promise<T> {
  let told = false;
  while (!tryLock(folder)) {
    const owner = readOwner(folder);
    if (owner && isDead(owner)) {
      breakLock(folder, owner);
      continue;
    }
    if (owner && !told) {
      told = true;
      onWait(
        `waiting for process ${owner.pid}${owner.host === hostname() ? "" : ` on ${owner.host}`}, which holds ${folder}`,
      );
    }
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    discard(folder);
  }
}

// A folder is renamed into place with its owner already in it: rename fails while a non-empty one is there, and nobody ever sees a lock without an owner.
function tryLock(folder: string): boolean {
  if (existsSync(folder)) return false;
  mkdirSync(dirname(folder), { recursive: true });
  const prepared = `${folder}.${randomUUID()}`;
  const owner: Owner = { pid: process.pid, started: startTime(process.pid) ?? "", host: hostname() };
  mkdirSync(prepared);
  writeFileSync(`${prepared}/owner.json`, JSON.stringify(owner));
  try {
    renameSync(prepared, folder);
    return true;
  } catch (error) {
    rmSync(prepared, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOTEMPTY" || code === "EEXIST") return false;
    throw error;
  }
}

function readOwner(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(`${folder}/owner.json`, "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

function isDead(owner: Owner): boolean {
  return owner.host === hostname() && startTime(owner.pid) !== owner.started;
}

// Two waiters may find the same lock dead. The one that makes the inner folder may remove it, after a second look: by then the lock may be another's.
function breakLock(folder: string, dead: Owner): void {
  const takeover = `${folder}/takeover`;
  try {
    mkdirSync(takeover);
  } catch {
    const since = statSync(takeover, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && Date.now() - since > abandonedMilliseconds)
      rmSync(takeover, { recursive: true, force: true });
    return;
  }
  const now = readOwner(folder);
  if (now?.pid === dead.pid && now.started === dead.started) discard(folder);
  else rmdirSync(takeover);
}

function discard(folder: string): void {
  const aside = `${folder}.${randomUUID()}`;
  renameSync(folder, aside);
  rmSync(aside, { recursive: true, force: true });
}
