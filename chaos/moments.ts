import { setTimeout as sleep } from "node:timers/promises";
import { readEtcd } from "../local/cluster/etcd";

const LOOK_EVERY_MS = 50;

/** Which phase is at work, by the lock's Lease, read past the API servers: a fault may be theirs. */
export class Moments {
  /** Phases that were at work at any time. */
  readonly met = new Set<string>();
  private holder = "";
  private phase: string | undefined;
  /** Of runs that have ended; their Lease may still name them. */
  private readonly dead = new Set<string>();
  private stopped = false;
  private readonly looking: Promise<void>;

  constructor(
    private readonly etcd: string,
    private readonly lease: string,
    private readonly phases: readonly string[],
  ) {
    this.looking = this.look();
  }

  /** The run that is under way has ended, however. */
  runEnded(): void {
    if (this.holder !== "") this.dead.add(this.holder);
    this.phase = undefined;
  }

  /** Returns true once that phase or a later one is at work, false where `isOver` comes first. */
  async reached(phase: string, isOver: () => boolean): Promise<boolean> {
    while (!isOver()) {
      if (this.phase !== undefined && this.phases.indexOf(this.phase) >= this.phases.indexOf(phase)) return true;
      await sleep(LOOK_EVERY_MS);
    }
    return false;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.looking;
  }

  private async look(): Promise<void> {
    const held = new RegExp(`(${this.phases.join("|")}) of urn:\\S+ [0-9a-f]{8}`);
    while (!this.stopped) {
      const entries = await readEtcd(this.etcd, this.lease).catch(() => []);
      const [holder = "", phase] = held.exec(entries[0]?.value ?? "") ?? [];
      this.holder = holder;
      this.phase = holder === "" || this.dead.has(holder) ? undefined : phase;
      if (this.phase !== undefined) this.met.add(this.phase);
      await sleep(LOOK_EVERY_MS);
    }
  }
}
