import * as fs from "fs";
import { setTimeout as sleep } from "timers/promises";
import { createSecrets, prefixes } from "./rotationBench";
import { commandOf, descendants, exitCode, RotationProgram } from "./rotationProgram";
import { startRotationWorld, type RotationWorld } from "./rotationWorld";

jest.setTimeout(600_000);

const UP = ["up", "--yes", "--skip-preview"];
const PHASES = ["distribute", "promote", "migrate", "retire"] as const;
const LOCK = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/storage-migration-encryption";
const COUNT = 150;

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

/** The phase that holds the lock, by its own words. */
async function phaseAtWork(): Promise<string | undefined> {
  const lease = await world.cluster.client.send("GET", LOCK).catch(() => undefined);
  const holder = (lease?.body as { spec?: { holderIdentity?: string } } | undefined)?.spec?.holderIdentity ?? "";
  return /^(\w+) of /.exec(holder)?.[1]?.replace("migrateKeys", "migrate");
}

/** What a run that died leaves: Pulumi's own lock, and ours, which ends by its age in 15 s (e2e/engineCluster waits for that). */
async function unlock(): Promise<void> {
  await program.tried("cancel", "test", "--yes");
  await world.cluster.client.send("DELETE", LOCK);
}

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
  const file = fs.readFileSync(world.targets[0]?.file ?? "", "utf8");
  for (const [bytes] of file.matchAll(/[A-Za-z0-9+/]{43}=/g)) material.add(bytes);
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
  async during(fault: () => Promise<void>): Promise<void> {
    this.faults++;
    try {
      await fault();
    } finally {
      await sleep(500);
      this.faults++;
    }
  }
}

describe("`pulumi` killed with -9 in any phase", () => {
  const seen: string[] = [];

  test("T1: the first encryption, killed once in each phase a moment after it began", async () => {
    configure("2026-08", []);
    for (const phase of PHASES) {
      const child = program.start(...UP);
      const closed = exitCode(child);
      while ((await phaseAtWork()) !== phase && child.exitCode === null) await sleep(20);
      expect([phase, child.exitCode]).toEqual([phase, null]);
      // In distribute before the file is written, later in the middle of the wait or the pass.
      await sleep(PHASES.indexOf(phase) * 700);
      seen.push(phase);
      const plugins = descendants(child.pid ?? 0).filter((pid) => commandOf(pid).includes("dynamic-provider"));
      child.kill("SIGKILL");
      await closed;
      for (const pid of plugins) while (fs.existsSync(`/proc/${pid}`)) await sleep(100);
      await unlock();
    }
    expect(seen).toEqual([...PHASES]);
  });

  test("T2: the next up finishes; nothing is lost, and no request failed", async () => {
    await program.run(...UP);
    await nothingLost("2026-08");
  });
});

describe.each([
  ["the API server", "2026-09", ["2026-08"]],
  ["etcd", "2026-10", ["2026-08", "2026-09"]],
] as const)("%s killed with -9 in every phase", (victim, write, archive) => {
  const kill = async (): Promise<void> => {
    const { cluster } = world;
    if (victim === "etcd") {
      await cluster.killEtcd();
      await sleep(500);
      await cluster.startEtcd();
    } else {
      await cluster.killApiServer();
      await sleep(500);
      await cluster.restartApiServer();
    }
    while ((await cluster.client.send("GET", "/readyz").catch(() => ({ status: 0 }))).status !== 200) await sleep(100);
  };

  test("the next up, or the same one, finishes; nothing is lost, and only what the fault explains failed", async () => {
    configure(write, [...archive]);
    const killed = new Set<string>();
    for (let runs = 0, finished = false; !finished; runs++) {
      expect(runs).toBeLessThan(6);
      const child = program.start(...UP);
      const closed = exitCode(child);
      while (child.exitCode === null) {
        const phase = await phaseAtWork();
        if (phase !== undefined && !killed.has(phase)) {
          await sleep(PHASES.indexOf(phase as (typeof PHASES)[number]) * 500);
          await traffic.during(kill);
          killed.add(phase);
        }
        await sleep(20);
      }
      finished = (await closed) === 0;
      if (!finished) await unlock();
    }
    expect([...killed].sort()).toEqual([...PHASES].sort());
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
  for (const base64 of material) {
    const bytes = Buffer.from(base64, "base64");
    for (const form of [base64, bytes.toString("base64url"), bytes.toString("hex"), bytes.toString("latin1")]) {
      for (const [place, text] of Object.entries(places)) expect([place, text.includes(form)]).toEqual([place, false]);
    }
  }
});
