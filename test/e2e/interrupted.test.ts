import type { ChildProcess } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { setTimeout as sleep } from "timers/promises";
import { REHEARSAL_ANNOTATION } from "../../components/crd/names";
import { CliProgram } from "./cli";
import { descendants, hasEnded } from "../../local/descendants";
import { startWorld, type World } from "./harness";
import { convert } from "./looseWebhook";
import { atWork } from "./lossWorld";
import { createObjects, crd, definitionPath, group, manifest, objectPath, plural, resource } from "./selfies";

jest.setTimeout(300_000);

const UP = ["up", "--yes", "--skip-preview"];
const OBJECTS = 100;
/** components/kubernetes/lock.ts gives a hold up after 12 s; another run could have the lock after 15. */
const PAST_THE_LOCK_MS = 16_000;
const lockPath = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/storage-migration-${crd}`;

interface Definition {
  metadata: { annotations: Record<string, string> };
  spec: { versions: { name: string; storage: boolean }[] };
}
interface Selfie {
  metadata: { name: string; uid: string; annotations?: Record<string, string> };
}

/** Holds every conversion while it is closed: a phase at work then stays at work. */
class Gate {
  private opened: Promise<void> = Promise.resolve();
  private reach: () => void = () => undefined;
  open: () => void = () => undefined;

  /** @returns when the first conversion is held */
  close(): Promise<void> {
    this.opened = new Promise((resolve) => (this.open = resolve));
    return new Promise((resolve) => (this.reach = resolve));
  }

  async pass(): Promise<void> {
    this.reach();
    await this.opened;
  }
}

/** One `pulumi up`, seen from the terminal it runs in. */
class Running {
  printed = "";
  readonly closed: Promise<number | null>;

  constructor(private readonly child: ChildProcess) {
    const note = (chunk: Buffer): void => void (this.printed += chunk.toString());
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", note);
    this.closed = new Promise((resolve) => child.once("close", resolve));
  }

  /** The engine's and everybody's whom it has started, whatever group they are in. */
  get processes(): number[] {
    return [this.pid, ...descendants(this.pid)];
  }

  /** A terminal sends it to all of the group in front. */
  ctrlC(): void {
    process.kill(-this.pid, "SIGINT");
  }

  async says(text: RegExp): Promise<void> {
    while (!text.test(this.printed)) {
      if (this.child.exitCode !== null) throw new Error(`ended without having said ${text}:\n${this.printed}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private get pid(): number {
    return this.child.pid ?? 0;
  }
}

/** README, "Interrupted?". */
describe("Ctrl-C in the terminal of a `pulumi up`", () => {
  let world: World;
  let program: CliProgram;
  let before: Record<string, string>;
  const gate = new Gate();
  const definition = (): Promise<Definition> => world.cluster.client.get(definitionPath) as Promise<Definition>;
  const storage = async (): Promise<string | undefined> =>
    (await definition()).spec.versions.find((version) => version.storage)?.name;
  const lockHolder = async (): Promise<string | undefined> =>
    ((await world.cluster.client.get(lockPath)) as { spec: { holderIdentity?: string } }).spec.holderIdentity;
  /** How often the Lease was taken. */
  const transitions = async (): Promise<number> =>
    ((await world.cluster.client.get(lockPath)) as { spec: { leaseTransitions: number } }).spec.leaseTransitions;
  /** Of these phases the state holds what the new manifest asks for. */
  const done = (): string[] =>
    program.resources().flatMap(({ type, inputs }) => {
      const phase = /dynamic\/.*:(\w+)$/.exec(type)?.[1];
      return phase !== undefined && /\bv2\b/.test(JSON.stringify(inputs)) ? [phase] : [];
    });
  const uids = async (version: string): Promise<Record<string, string>> => {
    const { items } = (await world.cluster.client.get(objectPath(version))) as { items: Selfie[] };
    return Object.fromEntries(items.map(({ metadata }) => [metadata.name, metadata.uid]));
  };

  beforeAll(async () => {
    world = await startWorld([resource]);
    program = await CliProgram.create("interrupted", { ownGroup: true });
    const configure = (entry: object): void =>
      program.configure({
        cluster: { kubeconfig: world.kubeconfig },
        crds: [{ name: "selfies", requestTimeoutSeconds: 3, migrator: "direct", ...entry }],
      });
    configure({ file: manifest("v1") });
    await program.run(...UP);
    await createObjects(world.cluster.client, OBJECTS);
    before = await uids("v1");
    const webhook = await world.webhook({
      convert: async (object, to) => {
        await gate.pass();
        return convert(object, to);
      },
    });
    const caBundleFile = path.join(path.dirname(world.kubeconfig), "webhook-ca.pem");
    fs.writeFileSync(caBundleFile, webhook.caBundle);
    configure({ file: manifest("v2"), conversion: { url: webhook.url, caBundleFile } });
  });
  afterAll(async () => {
    gate.open();
    await world.end();
    program.end();
  });

  /** In the midst of this phase, which cannot end before the gate is opened. */
  async function caughtIn(phase: string): Promise<Running> {
    const running = new Running(program.start(...UP));
    await Promise.race([running.closed, atWork(world.cluster.client, crd, phase)]);
    await gate.close();
    return running;
  }

  test("T1: once: the phase ends in order and is recorded, no other one starts, and no process stays", async () => {
    const running = await caughtIn("rehearse");
    const { processes } = running;
    running.ctrlC();
    await running.says(/\^C received; cancelling/);
    gate.open();
    expect(await running.closed).not.toBe(0);
    await Promise.all(processes.map(hasEnded));
    const { metadata } = await definition();
    expect(JSON.parse(metadata.annotations[REHEARSAL_ANNOTATION] ?? "{}")).toMatchObject({ objects: OBJECTS });
    expect(await storage()).toBe("v1");
    expect(await lockHolder()).toBe("");
    expect(done()).toEqual(["Serve", "Rehearse"]);
  });

  test("T2: the next `up` goes on, without `pulumi cancel`; twice: it ends at once, in the midst of a phase, and no process stays", async () => {
    const running = await caughtIn("migrate");
    const { processes } = running;
    running.ctrlC();
    await running.says(/\^C received; cancelling/);
    running.ctrlC();
    expect(await running.closed).not.toBe(0); // while nothing is converted
    await Promise.all(processes.map(hasEnded));
    gate.open();
    expect(done()).toEqual(["Serve", "Rehearse", "Store"]);
    expect(await storage()).toBe("v2");
    expect((await definition()).spec.versions.map(({ name }) => name)).toContain("v1");
  });

  test("T3: the next `up` stands still for longer than its lock holds, begins the phase anew and finishes; nothing is lost", async () => {
    await program.cancel();
    const running = await caughtIn("migrate");
    const { processes } = running;
    const taken = await transitions();
    for (const each of processes) process.kill(each, "SIGSTOP");
    await sleep(PAST_THE_LOCK_MS);
    for (const each of processes) process.kill(each, "SIGCONT");
    gate.open();
    expect(await running.closed).toBe(0);
    expect(await transitions()).toBe(taken + 2); // by migrate once more, and by drop
    expect((await definition()).spec.versions.map(({ name }) => name)).toEqual(["v2"]);
    expect(await uids("v2")).toEqual(before);
    const stored = Object.values(await world.stored(group, plural));
    expect(stored).toEqual(Array.from({ length: OBJECTS }, () => `${group}/v2`));
    expect(await program.run("preview", "--expect-no-changes")).toMatch(/unchanged/);
  });
});
