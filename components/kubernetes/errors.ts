import type { ApiRequest } from "./api";
import { describeProblem, problemInOneLine, type Problem } from "./problem";

/** An error meant for the person at the terminal: its message says all, a stack would only bury it. */
export class UserError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem | string) {
    const parts = typeof problem === "string" ? { what: problem } : { ...problem };
    super(describeProblem(parts));
    this.problem = parts;
    this.name = new.target.name;
    this.stack = `${this.name}: ${this.message}`;
  }

  /** Says more of what is wrong, in its place. */
  addToWhat(text: string): void {
    this.problem.what += text;
    this.message = describeProblem(this.problem);
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** One field that the API server refuses, as `spec.versions[0].schema`, and why. */
export interface FieldCause {
  readonly field: string;
  readonly message: string;
}

/** The API server answered, and the answer was no. */
export class ApiError extends UserError {
  /** A write: an earlier try of it got no clear answer, so that what is refused now may be there already. */
  mayHaveLanded = false;

  constructor(
    problem: Problem | string,
    /** HTTP status code. */
    readonly status: number,
    /** `reason` of the Status object, e.g. `NotFound`, `Conflict`, `Expired`; empty where the answer was none. */
    readonly reason: string,
    /** The server's own message, without our framing. */
    readonly serverMessage: string,
    readonly request: ApiRequest,
    readonly retryAfterSeconds?: number,
    /** The Status object's metadata.continue: a 410 on a list carries the token to go on with. */
    readonly continueToken?: string,
    /** The Status object's details.causes: what is wrong with which field. */
    readonly causes: readonly FieldCause[] = [],
  ) {
    super(problem);
  }
}

/** What was tried harmed and was taken back, or must be by hand: nobody may try it again before a person has read why. */
export class TerminalError extends UserError {}

/** Who we are cannot be told to the cluster: no request can succeed until that is fixed. */
export class CredentialsError extends UserError {}

/** No answer came: nothing listens, the name does not resolve, TLS failed, or the time was up. */
export class UnreachableError extends UserError {
  constructor(
    problem: Problem | string,
    /** Node's code, e.g. `ECONNREFUSED`, or `NO_CONNECTION` or `TIMEOUT` (no answer). */
    readonly code: string,
  ) {
    super(problem);
  }
}

export function hasErrorStatus(error: unknown, ...statuses: number[]): error is ApiError {
  return error instanceof ApiError && statuses.includes(error.status);
}

/** What is wrong, without what to do about it: for a row, and within another error. */
export function whatOfError(error: unknown): string {
  const what = error instanceof UserError ? error.problem.what : messageOfError(error);
  return what.split("\n")[0] ?? "";
}

/** Any thrown thing as one line. */
export function messageOfError(error: unknown): string {
  if (error instanceof UserError) return problemInOneLine(error.problem);
  return problemInOneLine({ what: error instanceof Error ? error.message : String(error) });
}

/** k8s.io/apiserver pkg/admission/plugin/webhook/errors/statuserror.go, NewDryRunUnsupportedErr. */
export function isDryRunUnsupportedError(error: unknown): boolean {
  return error instanceof ApiError && error.status === 400 && /does not support dry run/.test(error.serverMessage);
}
