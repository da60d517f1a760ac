import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { endProcess, isRunning, startTime, type ProcessRecord } from "../processes";
import type { KubernetesVersion } from "../toolchain/controlPlane";
import { writePrivately } from "./kubeconfig";

/** What a run leaves on disk, so that another process can end it. */
export interface ClusterState {
  version: KubernetesVersion;
  /** the process that ends this cluster when it ends itself; none for a cluster that stays up */
  owner?: { pid: number; started: string };
  kubeconfig: string;
  processes: ProcessRecord[];
  /** A folder outside of the cluster's own that goes with it. */
  sockets?: string;
}

export function stateFile(dir: string): string {
  return join(dir, "state.json");
}

export function readState(dir: string): ClusterState | undefined {
  if (!existsSync(stateFile(dir))) return undefined;
  return JSON.parse(readFileSync(stateFile(dir), "utf8")) as ClusterState;
}

export function writeState(dir: string, state: ClusterState): void {
  writePrivately(stateFile(dir), JSON.stringify(state, null, 2));
}

export function thisProcess(): { pid: number; started: string } {
  return { pid: process.pid, started: startTime(process.pid) ?? "" };
}

/** Its owner is alive, or it is up and meant to stay. */
export function isInUse(state: ClusterState): boolean {
  return state.owner ? isRunning(state.owner) : state.processes.some(isRunning);
}

/** From now on the cluster has no owner: it stays up until someone ends it. */
export function letStay(dir: string): void {
  const state = readState(dir);
  if (!state) return;
  delete state.owner;
  writeState(dir, state);
}

/** Ends what the state names, last started first, and returns how many processes that were. */
export async function endCluster(dir: string, graceMilliseconds?: number): Promise<number> {
  const state = readState(dir);
  if (!state) return 0;
  const running = state.processes.filter(isRunning);
  for (const record of [...running].reverse()) await endProcess(record, graceMilliseconds);
  if (state.sockets !== undefined) rmSync(state.sockets, { recursive: true, force: true });
  rmSync(stateFile(dir), { force: true });
  return running.length;
}
