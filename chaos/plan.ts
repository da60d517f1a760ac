import { FAULTS, type FaultName } from "./faults";
import { Random } from "./random";

export const KINDS = ["rollout", "rotation"] as const;
export type Kind = (typeof KINDS)[number];

/** The phases of a run, in their order, by the names under which they hold the lock. */
export const PHASES = {
  rollout: ["serve", "rehearse", "store", "migrate", "drop"],
  rotation: ["distribute", "promote", "migrate", "retire"],
} as const satisfies Record<Kind, readonly [string, ...string[]]>;

/** One fault and its moment. */
export interface PlannedFault {
  readonly fault: FaultName;
  /** It comes once this phase, or a later one, is at work … */
  readonly phase: string;
  /** … and so long after that. */
  readonly afterMs: number;
  /** How long it lasts, where it lasts. */
  readonly forMs: number;
  /** Which API server it meets, where it meets one; from 0. */
  readonly server: number;
}

/** What one run does. The same seed gives the same plan, to the byte. */
export interface Plan {
  readonly seed: number;
  readonly servers: number;
  readonly kind: Kind;
  /** "default" leaves it to the component. */
  readonly migrator: "direct" | "default";
  /** So many that they are rewritten ahead without a webhook, too. */
  readonly isMany: boolean;
  /** Of a rollout; else conversion is None. */
  readonly throughWebhook: boolean;
  readonly faults: readonly PlannedFault[];
}

const FEWEST_FAULTS = 1;
const MOST_FAULTS = 3;
const LATEST_MS = 4_000;
/** One run in so many has many objects. */
const MANY_OF = 3;

export function planOf(seed: number, servers: number): Plan {
  const random = new Random(seed);
  const kind = random.of(KINDS);
  const migrator = random.of<Plan["migrator"]>(["direct", "default"]);
  const possible = faultsOf(kind, servers);
  const count = random.between(FEWEST_FAULTS, MOST_FAULTS);
  const faults = Array.from({ length: count }, () => planFault(random, kind, possible, servers));
  const isMany = random.between(1, MANY_OF) === 1;
  const needsWebhook = !isMany || faults.some(({ fault }) => fault === "kill webhook");
  const throughWebhook = kind === "rollout" && (needsWebhook || random.of([true, false]));
  return { seed, servers, kind, migrator, isMany, throughWebhook, faults: inOrder(faults, PHASES[kind]) };
}

export function faultsOf(kind: Kind, servers: number): [FaultName, ...FaultName[]] {
  const names = Object.keys(FAULTS) as [FaultName, ...FaultName[]];
  const of = (name: FaultName): boolean =>
    FAULTS[name].kinds.some((each) => each === kind) && FAULTS[name].servers <= servers;
  return names.filter(of) as [FaultName, ...FaultName[]];
}

function planFault(
  random: Random,
  kind: Kind,
  possible: readonly [FaultName, ...FaultName[]],
  servers: number,
): PlannedFault {
  const fault = random.of(possible);
  const [shortest, longest] = FAULTS[fault].lastsMs;
  return {
    fault,
    phase: random.of<string>(PHASES[kind]),
    afterMs: random.between(0, LATEST_MS),
    forMs: random.between(shortest, longest),
    server: random.between(0, servers - 1),
  };
}

/** One comes after the other, so those of earlier phases come first. */
function inOrder(faults: readonly PlannedFault[], phases: readonly string[]): PlannedFault[] {
  return [...faults].sort((left, right) => phases.indexOf(left.phase) - phases.indexOf(right.phase));
}
