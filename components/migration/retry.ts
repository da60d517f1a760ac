import { ApiError, CredentialsError, UnreachableError } from "../kubernetes/errors";
import { WebhookError } from "./webhookClient";

/** What to do about an object that could not be handled this time. */
export type Verdict =
  | { readonly kind: "retry"; readonly afterMs: number; readonly overloaded: boolean }
  | {
      readonly kind: "failed";
      /** Nothing is wrong with this object: the next one would meet the same. */ readonly general: boolean;
    };

/** An API server restarts within half a minute; a webhook's pod is replaced in less. */
const PATIENCE_MS = 60_000;
/** With Retry-After the server has told how long; so it is alive, and worth more patience. */
const OVERLOADED_PATIENCE_MS = 300_000;
const CONFLICTS = 5;
const INTERNAL_ERRORS = 2;
/** An internal error that took this long was a webhook's time-out (30 s): another try would be one more. */
const SLOW_MS = 10_000;

export interface Tries {
  /** Of this object, this one included. */
  readonly tried: number;
  readonly sinceFirstMs: number;
  readonly lastMs: number;
}

/** Decides by what the server answered and how often it was asked. */
export function judge(error: unknown, tries: Tries): Verdict {
  const doubled = Math.min(8_000, 500 * 2 ** (tries.tried - 1));
  if (error instanceof UnreachableError) {
    return tries.sinceFirstMs < PATIENCE_MS ? retry(doubled) : { kind: "failed", general: true };
  }
  if (error instanceof CredentialsError) return { kind: "failed", general: true };
  if (error instanceof WebhookError) return judgeWebhook(error, tries);
  if (!(error instanceof ApiError)) return { kind: "failed", general: false };
  if (error.status === 429) {
    const afterMs = (error.retryAfterSeconds ?? 1) * 1_000;
    const patient = tries.sinceFirstMs < OVERLOADED_PATIENCE_MS;
    return patient ? { kind: "retry", afterMs, overloaded: true } : { kind: "failed", general: true };
  }
  if (error.status === 503 || error.status === 504) {
    const patient = tries.sinceFirstMs < PATIENCE_MS;
    return patient ? { kind: "retry", afterMs: doubled, overloaded: true } : { kind: "failed", general: true };
  }
  // A PATCH without resourceVersion only conflicts when the server lost five races of its own (endpoints/handlers/patch.go).
  if (error.status === 409) return tries.tried <= CONFLICTS ? retry(100) : { kind: "failed", general: false };
  if (error.status >= 500) {
    const again = tries.tried <= INTERNAL_ERRORS && tries.lastMs < SLOW_MS;
    return again ? retry(doubled) : { kind: "failed", general: isUnreachableWebhook(error) };
  }
  // A right that is missing is missing for every object.
  return { kind: "failed", general: error.status === 401 || isDenied(error) };
}

/** What a webhook says of one object is that object's own; that it cannot be asked is not. */
function judgeWebhook({ trouble }: WebhookError, tries: Tries): Verdict {
  if (trouble === "refused" || trouble === "answer" || trouble === "status") return { kind: "failed", general: false };
  return trouble === "down" && tries.tried <= INTERNAL_ERRORS ? retry(1_000) : { kind: "failed", general: true };
}

function retry(afterMs: number): Verdict {
  return { kind: "retry", afterMs, overloaded: false };
}

function isDenied({ status, serverMessage }: ApiError): boolean {
  return status === 403 && /cannot \S+ resource/.test(serverMessage);
}

/** The API server could not reach a conversion or admission webhook, as opposed to one that answered no. */
function isUnreachableWebhook(error: ApiError): boolean {
  return /webhook.*(?:Post "|service "[^"]+" not found|no endpoints available)/.test(error.serverMessage);
}
