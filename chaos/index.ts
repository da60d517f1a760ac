import { parseArgs } from "node:util";
import { endAbandonedTestClusters } from "../local/place";
import { say } from "../local/say";
import { keepLogs } from "./keep";
import { planOf } from "./plan";
import { closing, counts, describePlan, howToRepeat, lines } from "./report";
import { run, type Verdict } from "./run";
import { World } from "./world";

/** Those that are running. */
const worlds = new Set<World>();
let isInterrupted = false;

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  await endAbandonedTestClusters();
  endWhenInterrupted();
  const verdicts: Verdict[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let nth = next++; nth < options.runs && !isInterrupted; nth = next++) {
      const verdict = await runSeed(options.seed + nth, options.servers, `run ${nth + 1}/${options.runs}`);
      if (verdict !== undefined) verdicts.push(verdict);
    }
  };
  await Promise.all(Array.from({ length: options["at-once"] }, work));
  const failed = verdicts.filter(({ wrong }) => wrong.length > 0).length;
  verdicts.sort((left, right) => left.plan.seed - right.plan.seed);
  if (verdicts.length > 1) console.log(`\n${counts(verdicts).join("\n")}`);
  console.log(`\n${closing(verdicts.length - failed, failed)}`);
  process.exitCode = failed > 0 || isInterrupted ? 1 : 0;
}

/** @returns undefined where it was interrupted: then it neither passed nor failed */
async function runSeed(seed: number, servers: number, which: string): Promise<Verdict | undefined> {
  const plan = planOf(seed, servers);
  say(`${which}: seed ${seed}: ${describePlan(plan)}`);
  let verdict: Verdict;
  let world: World | undefined;
  try {
    world = await World.start(plan);
    worlds.add(world);
    if (isInterrupted) throw new Error("interrupted");
    verdict = await run(world);
  } catch (error) {
    const wrong = [`the run itself failed: ${(error as Error).message}`];
    verdict = { plan, seconds: 0, met: [], reasons: [], operations: 0, wrong };
  }
  if (!isInterrupted) tell(verdict, world);
  await end(world);
  return isInterrupted ? undefined : verdict;
}

function tell(verdict: Verdict, world: World | undefined): void {
  for (const line of lines(verdict)) say(line);
  if (verdict.wrong.length === 0) return;
  say(`    repeat: ${howToRepeat(verdict.plan)}`);
  if (world !== undefined) say(`    logs: ${keepLogs(world)}`);
}

async function end(world: World | undefined): Promise<void> {
  if (world !== undefined && worlds.delete(world)) await world.end();
}

function optionsOf(args: string[]): Record<"runs" | "seed" | "servers" | "at-once", number> {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: "string", default: "10" },
      seed: { type: "string", default: "1" },
      servers: { type: "string", default: "1" },
      "at-once": { type: "string", default: "1" },
    },
  });
  const number = (name: keyof typeof values, least: number): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least) return value;
    throw new Error(
      `--${name} is "${values[name]}"; expected a whole number from ${least}: npm run chaos -- --runs 10 --seed 1`,
    );
  };
  return {
    runs: number("runs", 1),
    seed: number("seed", 0),
    servers: number("servers", 1),
    "at-once": number("at-once", 1),
  };
}

/** Ctrl-C ends what was started, once the faults under way are over: each of its processes leads a group of its own. */
function endWhenInterrupted(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      isInterrupted = true;
      say("interrupted: waiting for the faults that are under way, then everything is ended");
      for (const world of worlds) void world.interrupt();
    });
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
