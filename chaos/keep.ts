import { copyFileSync, chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../local/checkout";
import type { World } from "./world";

/** The logs of a failed run, its history and its plan: the control plane's own folder goes with it. */
export function keepLogs({ cluster, plan, clients, windows }: World): string {
  const to = checkout(".local", "chaos", `seed-${plan.seed}-servers-${plan.servers}`);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const logs = readdirSync(cluster.dir, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".log"));
  for (const log of logs) {
    const copy = join(to, log.replaceAll("/", "-"));
    copyFileSync(join(cluster.dir, log), copy);
    chmodSync(copy, 0o600);
  }
  const told = { plan, windows, failures: clients.failures, operations: clients.history.operations };
  writeFileSync(join(to, "history.json"), JSON.stringify(told, null, 1), { mode: 0o600 });
  return to;
}
