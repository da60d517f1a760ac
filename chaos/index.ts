import { parseArgs } from "node:util";
import { endAbandonedTestClusters } from "../local/place";
import { say } from "../local/say";
import { keepLogs } from "./keep";
import { planOf } from "./plan";
import { closing, counts, describePlan, howToRepeat, lines } from "./report";
import { run, type Verdict } from "./run";
import { World } from "./world";

/** The one that is running. */
let world: World | undefined;
let isInterrupted = false;

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  await endAbandonedTestClusters();
  endWhenInterrupted();
  const verdicts: Verdict[] = [];
  for (let nth = 0; nth < options.runs && !isInterrupted; nth++) {
    verdicts.push(await runSeed(options.seed + nth, options.servers, `run ${nth + 1}/${options.runs}`));
  }
  const failed = verdicts.filter(({ wrong }) => wrong.length > 0).length;
  if (verdicts.length > 1) console.log(`\n${counts(verdicts).join("\n")}`);
  console.log(`\n${closing(verdicts.length - failed, failed)}`);
  process.exitCode = failed > 0 || isInterrupted ? 1 : 0;
}

async function runSeed(seed: number, servers: number, which: string): Promise<Verdict> {
  const plan = planOf(seed, servers);
  say(`${which}: seed ${seed}: ${describePlan(plan)}`);
  let verdict: Verdict;
  try {
    world = await World.start(plan);
    verdict = await run(world);
  } catch (error) {
    const wrong = [`the run itself failed: ${(error as Error).message}`];
    verdict = { plan, seconds: 0, met: [], reasons: [], operations: 0, wrong };
  }
  for (const line of lines(verdict)) say(line);
  if (verdict.wrong.length > 0) {
    say(`    repeat: ${howToRepeat(plan)}`);
    if (world !== undefined && !isInterrupted) say(`    logs: ${keepLogs(world)}`);
  }
  await world?.end();
  world = undefined;
  return verdict;
}

function optionsOf(args: string[]): { runs: number; seed: number; servers: number } {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: "string", default: "10" },
      seed: { type: "string", default: "1" },
      servers: { type: "string", default: "1" },
    },
  });
  const number = (name: keyof typeof values, least: number): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least) return value;
    throw new Error(
      `--${name} is "${values[name]}"; expected a whole number from ${least}: npm run chaos -- --runs 10 --seed 1`,
    );
  };
  return { runs: number("runs", 1), seed: number("seed", 0), servers: number("servers", 1) };
}

/** Ctrl-C ends what was started: each of its processes leads a group of its own. */
function endWhenInterrupted(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      isInterrupted = true;
      void world?.end();
    });
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
