import type { ApiRequest } from "./api";

/** An error meant for the person at the terminal: its message says all, a stack would only bury it. */
export class UserError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
    this.stack = `${this.name}: ${message}`;
  }
}

/** The API server answered, and the answer was no. */
export class ApiError extends UserError {
  /** A write: an earlier try of it got no clear answer, so that what is refused now may be there already. */
  mayHaveLanded = false;

  constructor(
    message: string,
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
  ) {
    super(message);
  }
}

/** Who we are cannot be told to the cluster: no request can succeed until that is fixed. */
export class CredentialsError extends UserError {}

/** No answer came: nothing listens, the name does not resolve, TLS failed, or the time was up. */
export class UnreachableError extends UserError {
  constructor(
    message: string,
    /** Node's code, e.g. `ECONNREFUSED`, or `NO_CONNECTION` or `TIMEOUT` (no answer). */
    readonly code: string,
  ) {
    super(message);
  }
}

export function hasStatus(error: unknown, ...statuses: number[]): error is ApiError {
  return error instanceof ApiError && statuses.includes(error.status);
}

/** Of an error's message, what is wrong: a row has no room for what to do about it. */
export function firstClause(error: unknown): string {
  return messageOf(error).split("; ")[0] ?? "";
}

/** Any thrown thing as one line. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\n {2}(\w+:) +/g, "; $1 ").replace(/\s*\n\s*/g, " ");
}
