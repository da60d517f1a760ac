import { type Problem, boundedProblemItems } from "../../kubernetes/problem";

/** One object that could not be handled, and why. */
export interface Failure {
  /** `namespace/name`, or the name alone. */
  readonly name: string;
  readonly message: string;
}

/** So many are named, the rest is counted: a message must stay readable. */
export const NAMED_FAILURES = 10;

/** The problem with the first failures by name, and how many more there are. */
export function withFailures(problem: Problem, failed: readonly Failure[], count: number): Problem {
  const named = failed.map(({ name, message }) => `${name}: ${message}`);
  return { ...problem, items: boundedProblemItems(named, count) };
}
