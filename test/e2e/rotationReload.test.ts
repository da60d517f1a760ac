import * as fs from "fs";
import * as path from "path";
import { setTimeout as sleep } from "timers/promises";
import { createSecrets, prefixes } from "./rotationBench";
import { startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

describe("an API server that reads its file only when it starts, and a reload command that restarts it", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  let ended = false;
  let restarts = 0;
  let restarting: Promise<void>;
  const mark = (name: string): string => path.join(world.dir, name);
  /** Stands for `systemctl restart`: what it asks for is done by this test, and it ends when that is done. */
  const asked = `touch "$0/restart"; while [ -e "$0/restart" ]; do sleep 0.1; done`;
  /** The first time it ends what runs the phase, as if that was killed before it got here. */
  const killing = `if [ ! -e "$0/killed" ]; then touch "$0/killed"; kill -9 $PPID; exit 1; fi; ${asked}`;
  const args = () => ({
    keys: { write: "2026-08" },
    targets: world.targets.map((target) => ({ ...target, reload: ["sh", "-c", killing, world.dir] })),
  });

  beforeAll(async () => {
    world = await startRotationWorld({ encryption: { automaticReload: false } });
    await createSecrets(world.cluster, 10);
    stack = await world.stack("reload");
    restarting = (async () => {
      for (; !ended; await sleep(100)) {
        if (!fs.existsSync(mark("restart"))) continue;
        await world.cluster.apiServers[0].restart();
        restarts++;
        fs.rmSync(mark("restart"));
      }
    })();
  });
  afterAll(async () => {
    ended = true;
    await restarting;
    await world.end();
  });

  test("T1: killed between the file and the command, nobody has loaded the file, and preview says that a run was cut off", async () => {
    await stack.refused(stack.up(args()));
    expect(fs.existsSync(mark("killed"))).toBe(true);
    expect(restarts).toBe(0);
    const { plans } = await stack.preview(args());
    expect(plans["distribute"]).toEqual([expect.stringMatching(/^a run was cut off after it wrote the file/)]);
  });

  test("T2: the next up runs the command that was not got to, and goes on to the end: a restart for each file", async () => {
    const run = await stack.up(args());
    expect(run.outputs["keyOrder"]).toEqual({ secrets: ["secretbox:2026-08"] });
    expect(await prefixes(world.cluster)).toEqual({ "k8s:enc:secretbox:v1:2026-08:": 10 });
    expect(restarts).toBe(3);
  });

  test("T3: run again, nothing is restarted", async () => {
    const run = await stack.up(args());
    expect(run.plans).toEqual({});
    expect(restarts).toBe(3);
  });

  test("T4: a file that keeps the API server down for longer than the lock holds is tried once, and the error names it", async () => {
    let outages = 0;
    const down = (async () => {
      for (; !fs.existsSync(mark("over")); await sleep(100)) {
        if (!fs.existsSync(mark("down"))) continue;
        outages++;
        await world.cluster.apiServers[0].pause();
        await sleep(14_000);
        world.cluster.apiServers[0].resume();
        fs.rmSync(mark("down"));
      }
    })();
    /** Stands for a restart that fails with the new key in the file. */
    const failing = `if grep -q 2026-09 "$1"; then touch "$0/down"; while [ -e "$0/down" ]; do sleep 0.1; done; exit 1; fi; ${asked}`;
    const message = await stack.refused(
      stack.up({
        keys: { write: "2026-09" },
        targets: world.targets.map((target) => ({
          ...target,
          reload: ["sh", "-c", failing, world.dir, target.file],
        })),
      }),
    );
    fs.writeFileSync(mark("over"), "");
    await down;
    expect(message).toMatch(/reload: "sh" ended with exit code 1[^]*the last good file is back/);
    expect({ outages, restarts }).toEqual({ outages: 1, restarts: 4 });
  });
});
