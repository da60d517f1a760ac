import { isWhole, type Run } from "../peers/figures";
import type { Subject } from "../peers/stage";
import { quantile } from "../quantile";
import { row, type Row } from "../rows";
import type { Seen } from "./otherClient";
import type { Refusals } from "./refusals";

const METHODS = ["GET", "PUT"] as const;
const PERCENTS = [50, 99];

/** One subject, run by run. */
export interface Phase {
  readonly subject: Subject;
  readonly runs: readonly Run[];
  readonly seen: readonly Seen[];
  /** Of our pass, where it was limited. */
  readonly refusals: readonly Refusals[];
}

/** What another client met while nobody migrated. */
export function figuresOfNobody(of: string, { subject: { name }, seen }: Phase): Row[] {
  return [...latencies(of, name, seen), ...counts(of, name, seen)];
}

/** What it met while this subject did, each run against the one in which nobody did; a run that did not do all of its work is left out. */
export function figuresOf(of: string, { subject: { name }, runs, seen, refusals }: Phase, nobody: Phase): Row[] {
  const wholeRuns = new Set(runs.flatMap((run, nth) => (isWhole(run) ? [nth] : [])));
  const whole = <T>(values: readonly T[]): T[] => values.filter((_, nth) => wholeRuns.has(nth));
  const one = (metric: string, unit: string, values: number[]): Row[] =>
    values.length === 0 ? [] : [row({ case: of, subject: name, metric, unit }, values)];
  const rates = whole(runs).map(({ seconds, stored }) => stored.objects / seconds);
  return [
    ...latencies(of, name, whole(seen)),
    ...latencies(of, name, whole(seen), whole(nobody.seen)),
    ...counts(of, name, whole(seen)),
    ...one("rate", "objects/s", rates),
    ...one(
      "429s that our pass met",
      "requests",
      refusals.map(({ met }) => met),
    ),
    ...one(
      "repeated before Retry-After was over",
      "requests",
      refusals.map(({ early }) => early),
    ),
    ...one(
      "not migrated, as etcd has it",
      "objects",
      runs.map(({ stored }) => stored.left),
    ),
  ];
}

/** In ms; in times, where there is something to hold them against. */
function latencies(of: string, subject: string, seen: readonly Seen[], against?: readonly Seen[]): Row[] {
  if (seen.length === 0) return [];
  return METHODS.flatMap((method) =>
    PERCENTS.map((percent) => {
      const at = (each: Seen | undefined): number => quantile(each?.[method] ?? [], percent);
      const metric = `p${percent} of a ${method}`;
      return against === undefined
        ? row({ case: of, subject, metric, unit: "ms" }, seen.map(at))
        : row(
            { case: of, subject, metric: `${metric}, against nobody's`, unit: "times" },
            seen.map((each, nth) => at(each) / at(against[nth])),
          );
    }),
  );
}

function counts(of: string, subject: string, seen: readonly Seen[]): Row[] {
  if (seen.length === 0) return [];
  const count = (metric: string, values: number[]): Row => row({ case: of, subject, metric, unit: "requests" }, values);
  return [
    count(
      "measured",
      seen.map(({ GET, PUT }) => GET.length + PUT.length),
    ),
    count(
      "429s that the other client met",
      seen.map(({ refused }) => refused),
    ),
  ];
}
