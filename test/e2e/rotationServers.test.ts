import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LocalApiServer } from "../../local/cluster/apiServer";
import { pause } from "./lossWorld";
import { prefixes, secretbox, sha256, writeFile } from "./rotationBench";
import { startRotationWorld, type RotationRun, type RotationStack, type RotationWorld } from "./rotationWorld";
import { Traffic } from "./traffic";

jest.setTimeout(600_000);

/** How late the last server gets its file, in milliseconds. */
let lag = 6_000;

describe("keys rotate on three API servers, one of which always gets its file late", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  let traffic: Traffic;
  let stopLagging: () => void;
  /** Why the run under way ended: nothing more is to be waited for. */
  let failed: Error | undefined;
  const onItsWay = (): string => join(world.dir, "on-its-way", "config.yaml");
  const server = (host: string): LocalApiServer =>
    world.cluster.apiServers.find((each) => each.host === host) as LocalApiServer;
  const file = (): string => readFileSync(server("cp-1").encryptionFile, "utf8");
  /** Names of the keys in the file that the servers are given, the first one writes. */
  const keys = (): string => [...file().matchAll(/"?name"?: "?([\w-]+)/g)].map(([, name]) => name).join(" ");
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    for (const deadline = Date.now() + 120_000; !(await holds()); await pause(50)) {
      if (failed !== undefined) throw failed;
      if (Date.now() > deadline) throw new Error(`not within two minutes; the file has ${keys()}`);
    }
  };
  const up = (write: string, read: string[], more: { decommissionedServers?: string[] } = {}): Promise<RotationRun> => {
    const given = ["cp-1", "cp-2"].map((host) => ({ file: server(host).encryptionFile }));
    const run = stack.up({ keys: { write, archive: read }, targets: [...given, { file: onItsWay() }], ...more });
    run.catch((error: Error) => (failed = error));
    return run;
  };
  const allUnder = async (key: string): Promise<void> =>
    expect(Object.keys(await prefixes(world.cluster))).toEqual([`k8s:enc:secretbox:v1:${key}:`]);
  const nothingLost = async (): Promise<void> => {
    for (const host of ["cp-1", "cp-2", "cp-3"]) expect(await traffic.lost(server(host))).toEqual([]);
  };

  beforeAll(async () => {
    world = await startRotationWorld({
      servers: 3,
      network: "namespace",
      encryption: { text: secretbox("tutorial-1"), pollMs: 200 },
      controllerManager: false,
    });
    mkdirSync(dirname(onItsWay()));
    copyFileSync(server("cp-3").encryptionFile, onItsWay());
    stopLagging = arriveLate(onItsWay(), () => [server("cp-3").encryptionFile]);
    stack = await world.stack("servers");
    traffic = new Traffic(world.cluster.apiServers);
  });
  afterAll(async () => {
    await traffic?.stop();
    stopLagging?.();
    await world?.end();
  });

  test("T1: the tutorial's order, the new key first at once: what one server writes, the late one cannot read", async () => {
    await until(() => traffic.requests > 300);
    expect(traffic.unexplained()).toEqual([]);
    for (const host of ["cp-1", "cp-2"]) writeFile(server(host), secretbox("tutorial-2", "tutorial-1"));
    copyFileSync(server("cp-1").encryptionFile, onItsWay());
    const loaded = async (): Promise<boolean> =>
      String(await server("cp-3").client.get("/metrics")).includes(`hash="sha256:${sha256(file())}"`);
    await until(loaded);
    // Its cache of Secrets, which could not be filled without the key, is filled again a moment later.
    await until(async () => (await server("cp-3").client.send("GET", "/api/v1/secrets")).status === 200);
    expect(traffic.unexplained().join("\n")).toMatch(/cp-3: GET .*\/secrets\/s-cp-[12]-\d → 500 .*no matching key/);
  });

  test("T2: ours, with a longer delay, one restarted and one added meanwhile: no request fails but those the restart explains", async () => {
    traffic.failures.length = 0;
    lag = 20_000; // longer than requests in flight are waited for, and what else goes on between two writes: only convergence covers it
    const running = up("a", []);
    await until(() => keys().includes(" a"));
    const before = file();
    const restarted = traffic.fault("cp-2");
    await server("cp-2").restart();
    restarted();
    await until(() => keys().startsWith("a "));
    // Whoever added this one had copied the file of a moment ago.
    const added = join(world.cluster.dir, "encryption", "cp-4", "config.yaml");
    mkdirSync(dirname(added), { recursive: true });
    writeFileSync(added, before);
    traffic.add(await world.cluster.addApiServer());
    const stop = arriveLate(onItsWay(), () => [added]);
    const run = await running;
    stop();
    expect(traffic.unexplained()).toEqual([]);
    expect(keys()).toBe("a");
    await allUnder("a");
    await nothingLost();
    expect(JSON.stringify(run.outputs["proofs"])).toContain("cp-4");
    lag = 6_000;
  });

  test("T3: one is paused with requests queued, one is killed and comes back, one is gone for good: the same", async () => {
    traffic.fault("cp-4");
    await server("cp-4").kill();
    const running = up("b", ["a"], { decommissionedServers: ["cp-4"] });
    await until(() => keys() === "a b");
    const paused = traffic.fault("cp-1");
    await server("cp-1").pause();
    await pause(5_000);
    expect(keys()).toBe("a b");
    server("cp-1").resume();
    await pause(4_000);
    paused();
    await until(() => keys() === "b a");
    const killed = traffic.fault("cp-3");
    await server("cp-3").kill();
    await pause(3_000);
    await server("cp-3").start();
    killed();
    await running;
    expect(traffic.unexplained()).toEqual([]);
    expect(keys()).toBe("b");
    await allUnder("b");
    await nothingLost();
  });
});

/** Copies a file to others once it has been there for some seconds, as slow configuration management does. */
function arriveLate(from: string, to: () => string[]): () => void {
  const seen: { at: number; text: string }[] = [];
  const timer = setInterval(() => {
    if (!existsSync(from)) return;
    const text = readFileSync(from, "utf8");
    if (seen.at(-1)?.text !== text) seen.push({ at: Date.now(), text });
    if (Date.now() - (seen.at(-1)?.at ?? 0) < lag) return;
    for (const file of to()) {
      if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
      copyFileSync(from, `${file}.next`);
      renameSync(`${file}.next`, file);
    }
  }, 100);
  return () => clearInterval(timer);
}
