import type { Cluster } from "../kubernetes/cluster";
import { UserError } from "../kubernetes/errors";
import type { Work } from "../kubernetes/report";
import type { Reported } from "./reported";

/** An API server refused the file that it was given; it goes on with the one it had, and would not start with this one. */
export class ReloadFailed extends UserError {
  constructor(
    readonly host: string,
    message: string,
  ) {
    super(message);
  }
}

export interface Awaited {
  /** Of the file that was written, hexadecimal, with or without `sha256:` in front. */
  readonly sha256: string;
  /**
   * What the servers reported just before the write; after a kill, the record's (`sinceOf`). Where a server is older than 1.34 it
   * is the only way to tell that it loaded this file.
   */
  readonly since?: Reported | undefined;
  /** Hosts that the user declares gone for good. */
  readonly gone?: readonly string[];
  /** How long the slowest server may take. @default 300 seconds: it polls once a minute, or is restarted */
  readonly patienceSeconds?: number;
}

export interface Converged {
  readonly reported: Reported;
  /** What was seen, as sentences for the output. */
  readonly evidence: readonly string[];
}

/**
 * Waits until every API server runs with exactly this file. Finds the servers itself, so one that restarts or is added meanwhile is
 * met by its new process.
 *
 * @throws ReloadFailed as soon as a server's failure counter moves; UserError naming the host that lags
 */
export function awaitHash(_cluster: Cluster, _awaited: Awaited, _work: Work): Promise<Converged> {
  throw new Error("to be written");
}
