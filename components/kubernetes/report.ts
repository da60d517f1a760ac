/** One line of progress: it replaces the row of the phase that is running, so it must read well alone. */
export type Report = (message: string) => void;

/** What every long step is given: where to say how far it is, and when to stop. */
export interface Work {
  readonly report: Report;
  readonly signal: AbortSignal;
}
