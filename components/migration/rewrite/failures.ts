import { UserError } from "../../kubernetes/errors";
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

/** @throws UserError with this problem and the first failures by name, where there is any; none is what was expected */
export function assertNoneFailed(
  { failed, failedCount }: { readonly failed: readonly Failure[]; readonly failedCount: number },
  problem: Problem,
): void {
  if (failedCount > 0) throw new UserError(withFailures({ expected: "none", ...problem }, failed, failedCount));
}
