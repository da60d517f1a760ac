/** A request of a client's that was not answered as it should be. */
export interface Failure {
  /** The API server that was asked. */
  readonly server: number;
  readonly request: string;
  readonly found: string;
  /** Milliseconds. */
  readonly began: number;
  readonly ended: number;
}

/** A time in which requests may fail, by a fault. */
export interface Window {
  /** The API server that it meets; every one where absent. */
  readonly server?: number;
  readonly from: number;
  /** Infinity while it lasts. */
  to: number;
}

/** What clients are told after each edit of a CRD, by Kubernetes itself, to ask again. */
const LISTED_AGAIN = /^GET .* 429 .*(initializ|too many requests)/i;

/** The failures that no fault explains, each once, as sentences. */
export function findUnexplained(
  failures: readonly Failure[],
  windows: readonly Window[],
  neverExplained: RegExp,
): string[] {
  const explained = ({ server, request, found, began, ended }: Failure): boolean => {
    if (neverExplained.test(found)) return false;
    if (LISTED_AGAIN.test(`${request} ${found}`)) return true;
    return windows.some(
      (window) =>
        (window.server === undefined || window.server === server) && began <= window.to && ended >= window.from,
    );
  };
  const unexplained = failures.filter((failure) => !explained(failure));
  return [...new Set(unexplained.map(({ server, request, found }) => `server ${server}: ${request}: ${found}`))].sort();
}
