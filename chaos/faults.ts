import type { Kind } from "./plan";

/** What is known of a fault before it is tried. */
export interface Fault {
  /** Runs that can meet it. */
  readonly kinds: readonly Kind[];
  /** The fewest API servers with which it says something. */
  readonly servers: number;
  /** From the shortest to the longest; 0 where it is over at once. */
  readonly lastsMs: readonly [number, number];
  /** What a client may meet while it lasts, beside connections that end; nothing where it is no fault to them. */
  readonly explains: "nothing" | "its server" | "every server";
}

const both = ["rollout", "rotation"] as const;
const atOnce = [0, 0] as const;

/** Longer than --request-timeout of the local API servers, the lock's 15 s, and every client's patience. */
const PAST_EVERY_TIMEOUT = [16_000, 20_000] as const;

export const FAULTS = {
  "kill pulumi": { kinds: both, servers: 1, lastsMs: atOnce, explains: "nothing" },
  "kill plugin": { kinds: both, servers: 1, lastsMs: atOnce, explains: "nothing" },
  "kill program": { kinds: both, servers: 1, lastsMs: atOnce, explains: "nothing" },
  "kill API server": { kinds: both, servers: 1, lastsMs: [0, 4_000], explains: "its server" },
  "kill etcd": { kinds: both, servers: 1, lastsMs: [0, 4_000], explains: "every server" },
  "kill controller-manager": { kinds: both, servers: 1, lastsMs: [0, 6_000], explains: "nothing" },
  "kill webhook": { kinds: ["rollout"], servers: 1, lastsMs: [0, 4_000], explains: "every server" },
  "pause API server": { kinds: both, servers: 1, lastsMs: PAST_EVERY_TIMEOUT, explains: "its server" },
  "slow admission": { kinds: both, servers: 1, lastsMs: [1_000, 5_000], explains: "every server" },
  "etcd NOSPACE": { kinds: both, servers: 1, lastsMs: [500, 5_000], explains: "every server" },
  "429 storm": { kinds: both, servers: 1, lastsMs: [500, 8_000], explains: "nothing" },
  "CRD edited": { kinds: ["rollout"], servers: 1, lastsMs: atOnce, explains: "nothing" },
  "second program": { kinds: both, servers: 1, lastsMs: atOnce, explains: "nothing" },
  "clock forward": { kinds: both, servers: 1, lastsMs: [2_000, 20_000], explains: "nothing" },
  "clock back": { kinds: both, servers: 1, lastsMs: [2_000, 20_000], explains: "nothing" },
  "target's disk full": { kinds: ["rotation"], servers: 1, lastsMs: [1_000, 8_000], explains: "nothing" },
  "server cut off from etcd": { kinds: both, servers: 2, lastsMs: [3_000, 12_000], explains: "its server" },
  "pause program": { kinds: both, servers: 1, lastsMs: PAST_EVERY_TIMEOUT, explains: "nothing" },
  "balancer cut": { kinds: both, servers: 2, lastsMs: [500, 10_000], explains: "nothing" },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
