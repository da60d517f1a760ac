import { join } from "node:path";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { checkout } from "../local/checkout";
import { startTestCluster } from "../local/cluster/forTests";
import type { Cluster } from "../local/cluster/cluster";
import { startWebhookProcess, type RunningWebhook } from "../local/tutorial/webhook";
import { Clients } from "./clients";
import type { Window } from "./failures";
import { Moments } from "./moments";
import { PHASES, type Plan } from "./plan";
import { Program } from "./program";
import { rolloutOf } from "./rollout";
import { rotationOf } from "./rotation";
import { COMPACTION_SECONDS, requestTimeoutSeconds } from "./settings";
import { SmallDisk } from "./smallDisk";
import type { Subject } from "./subject";

const READY_MS = 60_000;

/** A control plane of its own for one run, with all that is in it. */
export class World {
  readonly windows: Window[] = [];
  /** What a fault itself found, that must not be. */
  readonly wrong: string[] = [];
  private readonly programs: Program[] = [];

  private constructor(
    readonly plan: Plan,
    readonly cluster: Cluster,
    readonly subject: Subject,
    readonly webhook: RunningWebhook | undefined,
    readonly clients: Clients,
    readonly moments: Moments,
    /** Where the targets of a rotation lie, where a fault fills it. */
    readonly disk: SmallDisk | undefined,
  ) {}

  static async start(plan: Plan): Promise<World> {
    const disk = plan.faults.some(({ fault }) => fault === "target's disk full") ? SmallDisk.mount() : undefined;
    try {
      return await World.withDisk(plan, disk);
    } catch (error) {
      disk?.unmount();
      throw error;
    }
  }

  private static async withDisk(plan: Plan, disk: SmallDisk | undefined): Promise<World> {
    const file = disk && ((host: string) => join(disk.dir, host, "config.yaml"));
    const cluster = await startTestCluster(`chaos-${plan.seed}`, {
      // What etcd said it wrote must be there after a SIGKILL.
      syncToDisk: true,
      servers: plan.servers,
      network: plan.servers > 1 ? "namespace" : "loopback",
      requestTimeoutSeconds: requestTimeoutSeconds(plan),
      ...(plan.kind === "rotation" && { encryption: file ? { file } : {}, compactionSeconds: COMPACTION_SECONDS }),
    });
    try {
      return await World.on(cluster, plan, disk);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  private static async on(cluster: Cluster, plan: Plan, disk: SmallDisk | undefined): Promise<World> {
    const source = checkout("examples", "selfierequests", "conversion.ts");
    const isRollout = plan.kind === "rollout";
    const file = join(cluster.dir, "webhook-ca.pem");
    const webhook = plan.throughWebhook ? await startWebhookProcess(cluster, file, source) : undefined;
    const conversion = webhook && { url: webhook.url, caBundle: readFileSync(file, "utf8") };
    const subject = isRollout ? await rolloutOf(plan, cluster, conversion) : await rotationOf(plan, cluster);
    const phases: readonly string[] = PHASES[plan.kind];
    const moments = new Moments(cluster.etcd, subject.lease, phases);
    const clients = new Clients(cluster.apiServers, subject, plan.isMany, () => moments.met.has(phases.at(-1) ?? ""));
    return new World(plan, cluster, subject, webhook, clients, moments, disk);
  }

  async program(stack: string): Promise<Program> {
    const program = await Program.create(join(this.cluster.dir, `program-${stack}`), this.plan.kind, stack);
    this.programs.push(program);
    return program;
  }

  /** Whatever fails while the work goes on, and until every server is ready again, is the fault's doing. */
  async explained(server: number | undefined, work: () => Promise<void>): Promise<void> {
    const window: Window = { from: Date.now(), to: Infinity, ...(server !== undefined && { server }) };
    this.windows.push(window);
    await work();
    await this.ready();
    await sleep(500); // the first request on a connection that the fault has ended
    window.to = Date.now();
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + READY_MS;
    for (const { client, name } of this.cluster.apiServers) {
      while ((await client.send("GET", "/readyz").catch(() => ({ status: 0 }))).status !== 200) {
        if (Date.now() > deadline) throw new Error(`${name} is not ready ${READY_MS / 1000} s after a fault`);
        await sleep(100);
      }
    }
  }

  /** What is under way ends as if it had failed, a fault once it is over. */
  async interrupt(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.close()));
  }

  async end(): Promise<void> {
    this.clients.close();
    await this.interrupt();
    await this.moments.stop();
    await this.cluster.stop();
    this.disk?.unmount();
  }
}
