import * as fs from "fs";
import { setTimeout as sleep } from "timers/promises";
import { createSecrets, formsOf, keysIn, prefixes } from "./rotationBench";
import { commandOf, descendants } from "../../local/descendants";
import { exitCode, RotationProgram } from "./rotationProgram";
import { RotationMoments, type RotationMoment, type Seen } from "./rotationMoments";
import { startRotationWorld, type RotationWorld } from "./rotationWorld";

jest.setTimeout(600_000);

const UP = ["up", "--yes", "--skip-preview"];
/** So many that a pass over them can be met in the middle. */
const COUNT = 600;

let world: RotationWorld;
let program: RotationProgram;
let traffic: Traffic;
/** The bytes of every key that a file ever held, as in the file. */
const material = new Set<string>();

beforeAll(async () => {
  // What etcd said it wrote must be there after a SIGKILL.
  world = await startRotationWorld({ syncToDisk: true, controllerManager: false });
  await createSecrets(world.cluster, COUNT);
  program = await RotationProgram.create(world);
  traffic = new Traffic(world);
});
afterAll(async () => {
  await traffic.end();
  await world.end();
});

const configure = (write: string, archive: string[]): void =>
  program.configure({
    resources: ["secrets"],
    keys: { write, archive },
    targets: world.targets,
    kubeconfig: world.cluster.kubeconfig,
    migrator: "direct",
    requestTimeoutSeconds: 3,
    compactionIntervalSeconds: 2,
  });

/** Every acknowledged Secret is there, reads, and is under this key alone in etcd's own bytes. */
async function nothingLost(key: string): Promise<void> {
  const { failures } = traffic;
  const written = [...traffic.written]; // what is acknowledged by now; more comes all the time
  const { items } = await world.cluster.client.get("/api/v1/namespaces/default/secrets");
  const names = new Set((items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name));
  expect(written.filter((name) => !names.has(name))).toEqual([]);
  expect(names.size).toBeGreaterThanOrEqual(COUNT + written.length);
  expect(failures).toEqual([]);
  expect(Object.keys(await prefixes(world.cluster))).toEqual([`k8s:enc:secretbox:v1:${key}:`]);
  noteMaterial();
  expect(fs.readFileSync(world.targets[0]?.file ?? "", "utf8")).toContain(key);
}

function noteMaterial(): void {
  for (const key of keysIn(fs.readFileSync(world.targets[0]?.file ?? "", "utf8"))) material.add(key);
}

/** Someone who creates a Secret and reads an old one all the time, and is told when a fault explains a failure. */
class Traffic {
  readonly written = new Set<string>();
  readonly failures: string[] = [];
  faults = 0;
  private stopped = false;
  private readonly running: Promise<void>;

  constructor(private readonly at: RotationWorld) {
    this.running = this.run();
  }

  async end(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    for (let nth = 0; !this.stopped; nth++) {
      const before = this.faults;
      const name = `w-${nth}`;
      try {
        await this.at.cluster.client.post("/api/v1/namespaces/default/secrets", { metadata: { name } });
        this.written.add(name);
        await this.at.cluster.client.get("/api/v1/namespaces/default/secrets/s-0003");
      } catch (error) {
        // A fault explains what fails while it lasts, and the first request on a connection that it ended.
        if (this.faults === before && this.faults % 2 === 0) this.failures.push(String(error).slice(0, 300));
      }
      noteMaterial();
      await sleep(100);
    }
  }

  /** Odd while the fault lasts. */
  async during<T>(fault: () => Promise<T>): Promise<T> {
    this.faults++;
    try {
      return await fault();
    } finally {
      await sleep(500);
      this.faults++;
    }
  }
}

describe("`pulumi` killed with -9 in every phase", () => {
  const moments: readonly RotationMoment[] = ["distribute", "promote", "migrate", "retire"];

  /** Who holds the lock of the run that was killed last. */
  let dead = "";

  test("T1: the first encryption, killed in the middle of each phase; the next run waits until the lock of the dead one has aged", async () => {
    configure("2026-08", []);
    const middle = new RotationMoments(world, { from: ["identity"], to: "2026-08" }, COUNT);
    for (const moment of moments) {
      const said = program.everything.length;
      const child = program.start(...UP);
      const closed = exitCode(child);
      await middle.reached(moment, () => child.exitCode !== null);
      const below = descendants(child.pid ?? 0);
      // Stopped first: what is seen then is what the kill leaves.
      const plugins = below.filter((pid) => commandOf(pid).includes("dynamic-provider"));
      for (const pid of plugins) process.kill(pid, "SIGSTOP");
      const { scene, holder } = await middle.seen();
      child.kill("SIGKILL");
      for (const pid of below) killed(pid);
      await closed;
      expect([plugins.length, scene]).toEqual([1, middle.expected(moment)]);
      if (dead !== "") expect(program.everything.slice(said)).toContain(waitedFor(dead));
      dead = holder;
      await program.tried("cancel", "test", "--yes");
    }
    expect((await middle.seen()).holder).toBe(dead);
  });

  test("T2: the next up finishes; nothing is lost, and no request failed", async () => {
    const said = program.everything.length;
    await program.run(...UP);
    expect(program.everything.slice(said)).toContain(waitedFor(dead));
    await nothingLost("2026-08");
  });
});

/** Unless it went with the process that started it. */
function killed(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Without the random part, as it is told. */
const waitedFor = (holder: string): string =>
  `for a sign of life of ${holder.replace(/ \w+$/, "")}, who holds the lock`;

describe.each([
  ["the API server", "2026-09", ["2026-08"], ["distribute", "promote", "migrate", "retire's wait"]],
  ["etcd", "2026-10", ["2026-08", "2026-09"], ["distribute", "promote", "migrate", "retire"]],
] as const)("%s killed with -9 in every phase", (victim, write, archive, moments) => {
  /** @returns what was there while it was down, or just after */
  const kill = async (look: () => Promise<Seen>): Promise<Seen> => {
    const { cluster } = world;
    if (victim === "etcd") await cluster.killEtcd();
    else await cluster.killApiServer();
    const whileDown = victim === "etcd" ? undefined : await look();
    await sleep(500);
    if (victim === "etcd") await cluster.startEtcd();
    const seen = whileDown ?? (await look());
    if (victim !== "etcd") await cluster.restartApiServer();
    while ((await cluster.client.send("GET", "/readyz").catch(() => ({ status: 0 }))).status !== 200) await sleep(100);
    return seen;
  };

  test("the next up, or the same one, finishes; nothing is lost, and only what the fault explains failed", async () => {
    configure(write, [...archive]);
    const middle = new RotationMoments(world, { from: [archive.at(-1) ?? ""], to: write }, COUNT);
    const left: RotationMoment[] = [...moments];
    for (let runs = 0, finished = false; !finished; runs++) {
      expect(runs).toBeLessThan(6);
      const child = program.start(...UP);
      const closed = exitCode(child);
      for (let moment = left[0]; moment !== undefined; moment = left[0]) {
        const met = await middle.reached(moment, () => child.exitCode !== null);
        if (met === undefined) break;
        const hit = await traffic.during(() => kill(() => middle.seen()));
        // The very hold of the lock that was met: the phase was not over when the fault came.
        expect(hit).toEqual({ scene: middle.expected(moment), holder: met.holder });
        left.shift();
      }
      finished = (await closed) === 0;
    }
    expect(left).toEqual([]);
    await nothingLost(write);
  });
});

test("no key material in what was printed, in process arguments, on Pulumi's disk, in the record or in the API server's log", async () => {
  await program.run("preview", "--diff", "--expect-no-changes");
  await program.tried("stack", "export");
  configure("2026-08", []);
  expect(await program.tried("preview")).toBe(false); // a name that was retired: the error is looked at as well
  const record = "/api/v1/namespaces/kube-system/configmaps/encryption-key-rotation";
  const places: Record<string, string> = {
    "printed or in arguments": program.everything,
    "on disk": program.files(),
    record: JSON.stringify(await world.cluster.client.get(record)),
    log: fs.readFileSync(`${world.cluster.dir}/kube-apiserver.log`, "latin1"),
  };
  expect(material.size).toBe(3);
  expect(program.everything).toContain("dynamic-provider");
  for (const form of [...material].flatMap(formsOf)) {
    for (const [place, text] of Object.entries(places)) expect([place, text.includes(form)]).toEqual([place, false]);
  }
});
