import { setTimeout as sleep } from "node:timers/promises";
import { act } from "./acts";
import type { FaultName } from "./faults";
import { findUnexplained } from "./failures";
import { findNotLinearizable } from "./linearizable";
import type { Plan } from "./plan";
import type { Ended, Program } from "./program";
import { reasonOf } from "./report";
import type { KubernetesObject } from "./subject";
import type { World } from "./world";

/** Runs of `pulumi up` with which it must be over: one for each fault that can end one, and some more. */
const MOST_UPS = 8;
const LONGEST_UP_MS = 240_000;
/** Fewer acknowledged operations prove nothing. */
const FEWEST_OPERATIONS = 50;

export interface Verdict {
  readonly plan: Plan;
  readonly seconds: number;
  /** Faults that met something; the others came too late. */
  readonly met: readonly FaultName[];
  /** Why each `pulumi up` but the last one failed. */
  readonly reasons: readonly string[];
  readonly operations: number;
  /** Empty: passed. */
  readonly wrong: readonly string[];
}

/** One run in a world that has just been started: clients, `pulumi up` until it is over, faults meanwhile, then the checks. */
export async function run(world: World): Promise<Verdict> {
  const started = Date.now();
  const { clients, subject, plan } = world;
  const program = await world.program("chaos");
  program.configure(subject.before);
  await program.upOrThrow();
  await clients.prepare();
  const before = await metadataOf(world, subject.versions[0]);
  clients.start();
  program.configure(subject.args);
  const met: FaultName[] = [];
  const { reasons, isDone } = await upUntilDone(world, program, met);
  await sleep(500);
  await clients.stop();
  await clients.readAll();
  const wrong = [...world.wrong];
  if (isDone) wrong.push(...(await findWrongAtEnd(world, before)));
  else wrong.push(`pulumi up did not finish in ${MOST_UPS} runs; the last one: ${reasons.at(-1)}`);
  wrong.push(...findUnexplained(clients.failures, world.windows, subject.neverExplained));
  wrong.push(...findNotLinearizable(clients.history.operations));
  const operations = clients.history.operations.length;
  if (operations < FEWEST_OPERATIONS)
    wrong.push(`clients had ${operations} operations; expected ${FEWEST_OPERATIONS} or more`);
  return { plan, seconds: (Date.now() - started) / 1000, met, reasons, operations, wrong };
}

/** As an operator does: again, until it succeeds. */
async function upUntilDone(
  world: World,
  program: Program,
  met: FaultName[],
): Promise<{ reasons: string[]; isDone: boolean }> {
  const { moments, plan } = world;
  const reasons: string[] = [];
  let isOver = false;
  let fault: Promise<unknown> = Promise.resolve();
  const faults = (async () => {
    for (const planned of plan.faults) {
      if (!(await moments.reached(planned.phase, () => isOver))) return;
      await sleep(planned.afterMs);
      if (isOver) return;
      const acted = act(world, program, planned);
      fault = acted.catch(() => undefined);
      if (await acted) met.push(planned.fault);
    }
  })();
  faults.catch(() => undefined); // awaited below
  let isDone = false;
  try {
    while (!isDone && reasons.length < MOST_UPS) {
      const { code, output } = await bounded(program);
      moments.runEnded();
      isDone = code === 0;
      if (isDone) break;
      reasons.push(reasonOf(output));
      await program.cancel();
      await fault; // an operator does not try while the fault is there
    }
  } finally {
    // A fault that is under way starts again what it has ended: never after the world's end.
    isOver = true;
    await faults;
  }
  return { reasons, isDone };
}

async function bounded(program: Program): Promise<Ended> {
  const tooLong = setTimeout(() => void program.end(), LONGEST_UP_MS);
  try {
    return await program.up();
  } finally {
    clearTimeout(tooLong);
  }
}

/** Of each object, what a rewrite must leave alone. */
type Metadata = Record<string, string>;

async function metadataOf({ cluster, subject }: World, version: string): Promise<Metadata> {
  const { items } = (await cluster.client.get(subject.path(version))) as { items: KubernetesObject[] };
  return Object.fromEntries(
    items.map(({ metadata: { name, uid, generation, labels } }) => [name, JSON.stringify({ uid, generation, labels })]),
  );
}

async function findWrongAtEnd(world: World, before: Metadata): Promise<string[]> {
  const { clients, subject, cluster } = world;
  const after = await metadataOf(world, subject.versions.at(-1) ?? subject.versions[0]);
  const untouched = Object.keys(before).filter((name) => !clients.written.has(name));
  const moved = untouched.filter((name) => before[name] !== after[name]);
  return [
    ...moved.map((name) => `${name}: found ${after[name] ?? "no object"}; expected ${before[name]}`),
    ...(await subject.findWrong(cluster)),
  ];
}
