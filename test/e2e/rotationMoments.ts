import * as fs from "fs";
import { setTimeout as sleep } from "timers/promises";
import { isDeepStrictEqual } from "util";
import { getRaw } from "./rotationBench";
import type { RotationWorld } from "./rotationWorld";

export type RotationMoment = "distribute" | "promote" | "migrate" | "retire's wait" | "retire";

/** What is there, seen past the API server: in etcd and in the file. */
export interface Scene {
  /** Of the phase that holds the Lease. */
  phase: string;
  /** The keys of the file, the first one writes. */
  keys: string[];
  /** Those of the first and the last Secret, which are rewritten in the order of their names. */
  first: string;
  last: string;
}

export interface Seen {
  /** With its random part: another hold of the same phase is another one. */
  holder: string;
  scene: Scene;
}

const LEASE = "/registry/leases/kube-system/storage-migration-encryption";

/**
 * In the middle of a phase, by what etcd and the file hold: its edit is written and not yet waited for, or some objects are
 * rewritten and others are not.
 */
export class RotationMoments {
  constructor(
    private readonly world: RotationWorld,
    private readonly keys: { from: readonly string[]; to: string },
    /** The number of Secrets `s-0000`, `s-0001`, … */
    private readonly count: number,
  ) {}

  async seen(): Promise<Seen> {
    const { cluster } = this.world;
    const [lease, first, last] = await Promise.all([
      getRaw(cluster, LEASE),
      getRaw(cluster, this.secret(0)),
      getRaw(cluster, this.secret(this.count - 1)),
    ]);
    const [holder = "nobody", phase = ""] =
      /(distribute|promote|migrate|retire) of urn:\S+ [0-9a-f]{8}/.exec(decoded(lease)) ?? [];
    const scene = { phase, keys: this.keysOfFile(), first: keyOf(decoded(first)), last: keyOf(decoded(last)) };
    return { holder, scene };
  }

  /** What is to be seen in the middle of it. */
  expected(moment: RotationMoment): Scene {
    const { from, to } = this.keys;
    const [old = ""] = from;
    const distributed = [...from, to];
    const promoted = [to, ...from];
    const scenes: Record<RotationMoment, Scene> = {
      distribute: { phase: "distribute", keys: distributed, first: old, last: old },
      promote: { phase: "promote", keys: promoted, first: old, last: old },
      migrate: { phase: "migrate", keys: promoted, first: to, last: old },
      "retire's wait": { phase: "retire", keys: promoted, first: to, last: to },
      retire: { phase: "retire", keys: [to], first: to, last: to },
    };
    return scenes[moment];
  }

  /** Returns what is seen as soon as it is that moment; undefined when `ended` comes first. */
  async reached(moment: RotationMoment, ended: () => boolean): Promise<Seen | undefined> {
    const expected = this.expected(moment);
    while (!ended()) {
      if (isDeepStrictEqual(this.keysOfFile(), expected.keys)) {
        const seen = await this.seen().catch(() => undefined);
        if (isDeepStrictEqual(seen?.scene, expected)) return seen;
      }
      await sleep(10);
    }
    return undefined;
  }

  private keysOfFile(): string[] {
    const text = fs.readFileSync(this.world.targets[0]?.file ?? "", "utf8");
    return [...text.matchAll(/- (identity)|name: "?([\w-]+)/g)].map(([, plain, name]) => plain ?? name ?? "");
  }

  private secret(nth: number): string {
    return `/registry/secrets/default/s-${String(nth).padStart(4, "0")}`;
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, "base64").toString("latin1");
}

function keyOf(bytes: string): string {
  return /^k8s:enc:\w+:v1:([^:]+):/.exec(bytes)?.[1] ?? "identity";
}
