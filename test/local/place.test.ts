import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeState } from "../../local/cluster/state";
import { endAbandonedTestClusters, place } from "../../local/place";
import { endProcess, isRunning, startProcess, type StartedProcess } from "../../local/processes";

const ended = 2 ** 22 - 1;
const started: StartedProcess[] = [];
const folders: string[] = [];

/** A control plane that stays up, as `npm run cluster` starts one, in the folder of the test run with this process id. */
function staysUp(run: number): { folder: string; program: StartedProcess } {
  const folder = join(place.tests, `place-${run}`);
  const dir = join(folder, "cluster");
  mkdirSync(dir, { recursive: true });
  const program = startProcess("etcd", "sleep", ["60"], join(dir, "etcd.log"));
  const { name, pid, started: since } = program;
  writeState(dir, { version: "1.37", kubeconfig: "", processes: [{ name, pid, started: since }] });
  folders.push(folder);
  started.push(program);
  return { folder, program };
}

afterEach(async () => {
  for (const program of started.splice(0)) await endProcess(program, 0);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test("its run was killed => what it left up is ended, although nobody owns it; a run that goes on keeps its own", async () => {
  const [left, kept] = [staysUp(ended), staysUp(process.pid)];
  await endAbandonedTestClusters();
  expect([isRunning(left.program), existsSync(left.folder)]).toEqual([false, false]);
  expect([isRunning(kept.program), existsSync(kept.folder)]).toEqual([true, true]);
});
