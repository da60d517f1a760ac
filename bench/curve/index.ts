import { say } from "../../local/say";
import { passInItsOwnProcess } from "../ownProcess";
import { processorSeconds, staleStage } from "../peers/compare";
import { describeLoad, describeMachine } from "../peers/machine";
import type { Case } from "../peers/stage";
import type { Row } from "../rows";
import { assertRewritten, describeLeft, describeRun, figuresOf, type Run } from "./figures";
import { pointCase } from "./pointCase";
import { nameOf, pointsOf, type Point } from "./points";

export interface CurveOptions {
  runs: number;
  /** No point has more. */
  objects: number;
  /** The parts of the curve. @default all */
  cases?: string[];
}

/** What one direct pass costs by the number of objects, their size, their namespaces, and through a webhook. */
export async function curve({ runs, objects, cases }: CurveOptions): Promise<Row[]> {
  const points = pointsOf(cases, objects);
  const done: Run[] = [];
  const rows: Row[] = [];
  const failed: string[] = [];
  say(describeMachine());
  for (const [nth, point] of points.entries()) {
    say(`point ${nth + 1}/${points.length}: ${nameOf(point)}`);
    const later = points.slice(nth + 1).reduce((sum, each) => sum + each.objects * runs, 0);
    try {
      const found = await passes(point, runs, (run, ended) => {
        done.push(run);
        const left = describeLeft(later + (runs - ended) * point.objects, done);
        say(`run ${ended}/${runs}: ${describeRun(run)}; ${left}`);
      });
      rows.push(...figuresOf(point, found));
    } catch (error) {
      failed.push(`${nameOf(point)}: ${(error as Error).message}`);
    }
  }
  say(`at the end: ${describeLoad()}`);
  for (const each of failed) say(`NO figures of ${each}`);
  if (failed.length > 0) process.exitCode = 1;
  return rows;
}

async function passes(point: Point, runs: number, tell: (run: Run, ended: number) => void): Promise<Run[]> {
  const of = await pointCase(point);
  try {
    const found: Run[] = [];
    while (found.length < runs) {
      const run = await onePass(of, point);
      tell(run, found.push(run));
    }
    return found;
  } finally {
    await of.end();
  }
}

/** Every object is stale before it, and in the new version after it, as etcd has them. */
async function onePass(of: Case, point: Point): Promise<Run> {
  const { local, resource } = await staleStage(of);
  const before = await processorSeconds(local);
  const isGuarded = point.webhook?.isGuarded === true;
  const pass = await passInItsOwnProcess(local, { version: resource.version, isGuarded });
  const processor = (await processorSeconds(local)) - before;
  assertRewritten(point, pass, await of.countStored());
  return { ...pass, processor };
}
