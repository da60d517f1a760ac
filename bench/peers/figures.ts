import { row, type Row } from "../rows";
import type { Stored, Subject } from "./stage";

/** One subject brought all objects of a case to the new version or key, or did not. */
export interface Run {
  readonly seconds: number;
  /** Of all API servers, in seconds. */
  readonly processor: number;
  /** As etcd has it afterwards. */
  readonly stored: Stored;
  /** Why it did not come to its own end. */
  readonly failed?: string;
}

/** A run that did not do all of its work has no time worth comparing. */
export function isWhole({ failed, stored }: Run): boolean {
  return failed === undefined && stored.left === 0;
}

/** A subject's figures, over its whole runs; how many objects the others left is a figure as well. */
export function figuresOf(of: string, { name, proves }: Subject, runs: readonly Run[]): Row[] {
  const whole = runs.filter(isWhole);
  const figure = (metric: string, unit: string, values: number[]): Row[] =>
    values.length === 0 ? [] : [row({ case: of, subject: name, metric, unit }, values)];
  return [
    ...figure(
      "start to its own end",
      "s",
      whole.map(({ seconds }) => seconds),
    ),
    ...figure(
      "rate",
      "objects/s",
      whole.map(({ seconds, stored }) => stored.objects / seconds),
    ),
    ...figure(
      "processor time of the API servers per object",
      "ms",
      whole.map(({ processor, stored }) => (processor * 1000) / stored.objects),
    ),
    ...figure(
      "not migrated, as etcd has it",
      "objects",
      runs.map(({ stored }) => stored.left),
    ),
    ...figure("gives a proof", "1 = yes", [proves ? 1 : 0]),
  ];
}

/** A line for each run that left objects behind or failed. */
export function describeTroubles(of: string, { name }: Subject, runs: readonly Run[]): string[] {
  return runs.flatMap(({ stored: { objects, left }, failed }, nth) => {
    const where = `${of}, run ${nth + 1}: ${name}`;
    return [
      ...(left > 0 ? [`${where} left ${left} of ${objects} objects in the old version or under the old key`] : []),
      ...(failed === undefined ? [] : [`${where} failed: ${failed}`]),
    ];
  });
}

/** In turn, so that each begins from a machine as warm as the others do: every other run backwards. */
export function inTurn<T>(subjects: readonly T[], run: number): T[] {
  return run % 2 === 1 ? [...subjects] : [...subjects].reverse();
}
