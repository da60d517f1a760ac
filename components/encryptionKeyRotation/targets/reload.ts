import { messageOfError, UserError } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";
import { reloadAllTargets } from "./allTargets";
import type { OpenTarget } from "./target";

/** An API server refused the file that it was given; it goes on with the one it had, and would not start with this one. */
export class ReloadFailed extends UserError {
  constructor(
    readonly host: string,
    problem: Problem | string,
  ) {
    super(problem);
  }
}

/** A command that restarts an API server fails where that does not start with the new file. */
export async function reloadOrFail(targets: OpenTarget[]): Promise<void> {
  try {
    await reloadAllTargets(targets);
  } catch (error) {
    throw new ReloadFailed("that API server", error instanceof UserError ? error.problem : messageOfError(error));
  }
}
