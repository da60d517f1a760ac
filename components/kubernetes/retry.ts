import { AsyncLocalStorage } from "async_hooks";
import type { ApiRequest } from "./api";
import { ApiError, CredentialsError, whatOfError, UnreachableError } from "./errors";
import type { Report } from "./report";
import { sleep } from "./sleep";
import { NOT_READY } from "./startingServer";
import { abortReason } from "./abort";
import { ANSWER_TOO_LARGE, NO_CONNECTION } from "./transport";

/** What to do about a request that was not answered as it should have been. */
export type Verdict =
  | { readonly kind: "retry"; readonly afterMs: number; readonly overloaded: boolean }
  | {
      readonly kind: "failed";
      /** Nothing is wrong with what was asked about: every other request would meet the same. */ readonly general: boolean;
    };

export interface Tries {
  /** How often it was asked, this time included. */
  readonly tried: number;
  readonly sinceFirstMs: number;
  readonly lastMs: number;
}

/** An API server restarts within half a minute. */
const OUTAGE_MS = 60_000;
/** A webhook's container restarts in less. One that was never there is an error soon. */
export const WEBHOOK_AWAY_MS = 10_000;
/** With Retry-After the server has told how long; so it is alive, and is given more time. */
const OVERLOADED_MS = 300_000;
/** A server that is back should be met soon. */
const LOST_BACKOFF_MS = 2_000;
const BACKOFF_MS = 8_000;
const INTERNAL_ERRORS = 2;
/** An internal error that took this long was a webhook's time-out (30 s): another try would be one more. */
const SLOW_MS = 10_000;

/** Decides by what came back and how often it was asked; pure. */
export function decideRetry(error: unknown, { tried, sinceFirstMs, lastMs }: Tries): Verdict {
  const doubled = 500 * 2 ** (tried - 1);
  // One time-out may take longer than the whole minute, and is no more than one bad answer.
  const goesOn = sinceFirstMs < OUTAGE_MS || tried === 1;
  if (error instanceof UnreachableError) {
    if (error.code === ANSWER_TOO_LARGE) return { kind: "failed", general: false };
    return goesOn && !isUntrusted(error)
      ? retryVerdict(Math.min(LOST_BACKOFF_MS, doubled))
      : { kind: "failed", general: true };
  }
  if (error instanceof CredentialsError) return { kind: "failed", general: true };
  if (!(error instanceof ApiError)) return { kind: "failed", general: false };
  if (error.status === 429) {
    const again = sinceFirstMs < OVERLOADED_MS && !saysWhyUnreadable(error);
    return again ? retryVerdict((error.retryAfterSeconds ?? 1) * 1_000, true) : { kind: "failed", general: true };
  }
  if ([502, 503, 504].includes(error.status)) {
    return goesOn ? retryVerdict(Math.min(BACKOFF_MS, doubled), true) : { kind: "failed", general: true };
  }
  if (error.status >= 500) {
    const trouble = webhookTrouble(error);
    const again = trouble === "away" ? sinceFirstMs < WEBHOOK_AWAY_MS : tried <= INTERNAL_ERRORS;
    if (again && lastMs < SLOW_MS) return retryVerdict(Math.min(LOST_BACKOFF_MS, doubled));
    return { kind: "failed", general: trouble !== undefined };
  }
  // A right that is missing is missing for every object.
  return { kind: "failed", general: error.status === 401 || isDenied(error) };
}

function retryVerdict(afterMs: number, overloaded = false): Verdict {
  return { kind: "retry", afterMs, overloaded };
}

/** A certificate does not become right by waiting. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function isUntrusted({ code }: UnreachableError): boolean {
  return /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/.test(code);
}

/** "storage is (re)initializing: REASON": an object that cannot be read stays so. Without a reason the cache is filling. */
function saysWhyUnreadable({ serverMessage }: ApiError): boolean {
  return /storage is \(re\)initializing: ./s.test(serverMessage);
}

function isDenied({ status, serverMessage }: ApiError): boolean {
  return status === 403 && /cannot \S+ resource/.test(serverMessage);
}

/** What kept the API server from asking a conversion or admission webhook; undefined where that one answered. */
function webhookTrouble({ serverMessage }: ApiError): "away" | "unreachable" | undefined {
  const [said] = /webhook.*(?:Post ".*|service "[^"]+" not found|no endpoints available)/.exec(serverMessage) ?? [];
  if (said === undefined) return undefined;
  // Nothing listens there just now, as while its container restarts.
  return /connection refused|connection reset|EOF|no endpoints available/.test(said) ? "away" : "unreachable";
}

export interface Retries {
  /** Says what is waited for. */
  readonly report?: Report;
  /** Ends the waits. */
  readonly signal?: AbortSignal | undefined;
  /** No wait begins later than this after the first try; as long as `decideRetry` says unless told. */
  readonly seconds?: number;
}

const retries = new AsyncLocalStorage<Retries | "none">();

/** Every request made by this work is repeated in this manner. Requests that nobody spoke for are repeated silently. */
export function withRetries<T>(manner: Retries, work: () => Promise<T>): Promise<T> {
  return retries.run(manner, work);
}

/** For work that repeats its requests itself, because it knows more: another page size, a slower pace. */
export function withoutRetries<T>(work: () => Promise<T>): Promise<T> {
  return retries.run("none", work);
}

interface Repeated {
  /** Who is asked, for the row and the error. */
  readonly server: string;
  /** Beyond what `decideRetry` says. */
  isRepeatable?: (error: unknown, tried: number) => boolean;
}

/**
 * Sends a request until it is answered as it should be, or `decideRetry` gives up. Whoever made a write looks at
 * `ApiError.mayHaveLanded` before it believes a refusal: an earlier try whose answer was lost may have done it.
 *
 * @throws the last error; it says who was asked, how often and for how long
 */
export async function retryRequest<T>(request: ApiRequest, send: () => Promise<T>, options: Repeated): Promise<T> {
  const manner = retries.getStore() ?? {};
  if (manner === "none") return send();
  const { server, isRepeatable = () => true } = options;
  const signal = anySignal(request.signal, manner.signal);
  const first = performance.now();
  let mayHaveLanded = false;
  for (let tried = 1; ; tried++) {
    const began = performance.now();
    try {
      return await send();
    } catch (error) {
      const now = performance.now();
      const sinceFirstMs = now - first;
      const verdict = decideRetry(error, { tried, sinceFirstMs, lastMs: now - began });
      const isOver = sinceFirstMs >= (manner.seconds ?? Infinity) * 1_000;
      if (verdict.kind === "failed" || isOver || !isSafeToRetry(request, error) || !isRepeatable(error, tried)) {
        throw afterTries(error, { server, tried, sinceFirstMs, mayHaveLanded });
      }
      if (signal?.aborted === true) throw abortReason(signal);
      mayHaveLanded ||= request.method !== "GET" && !wasNotDone(error);
      const found = whatOfError(error);
      manner.report?.(`${found}; asking again (${Math.round(sinceFirstMs / 1_000)} s)`);
      await sleep(verdict.afterMs, signal);
    }
  }
}

/** A create under a generated name would make two; every other write is refused the second time, or has an equal effect. */
function isSafeToRetry({ method, body, query }: ApiRequest, error: unknown): boolean {
  const metadata = (body as { metadata?: { generateName?: string } } | undefined)?.metadata;
  const makesAnother = method === "POST" && metadata?.generateName !== undefined && query?.["dryRun"] === undefined;
  return !makesAnother || wasNotDone(error);
}

/** The server refused it before it began, or never saw it. */
function wasNotDone(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 429 || error.reason === NOT_READY;
  return error instanceof UnreachableError && [NO_CONNECTION, "ECONNREFUSED"].includes(error.code);
}

function afterTries(
  error: unknown,
  {
    server,
    tried,
    sinceFirstMs,
    mayHaveLanded,
  }: { server: string; tried: number; sinceFirstMs: number; mayHaveLanded: boolean },
): unknown {
  if (tried === 1) return error;
  if (error instanceof ApiError) error.mayHaveLanded ||= mayHaveLanded;
  const isBad =
    error instanceof UnreachableError || (error instanceof ApiError && (error.status === 429 || error.status >= 500));
  if (isBad) error.addToWhat(`; asked ${server} ${tried} times in ${Math.round(sinceFirstMs / 1_000)} s`);
  return error;
}

function anySignal(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const [one, ...others] = signals.filter((signal) => signal !== undefined);
  return one === undefined || others.length === 0 ? one : AbortSignal.any([one, ...others]);
}
