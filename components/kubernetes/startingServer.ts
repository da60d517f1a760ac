import type { ApiRequest } from "./api";
import { explainAttempt } from "./explain";
import type { Answer } from "./transport";

/** `reason` of what a server refused before it was ready: it was not done, and may be allowed in a moment. */
export const NOT_READY = "NotReady";

/** How authorization refuses; admission answers 403 in other words. */
const LACKS_RIGHT = /cannot \S+ (?:resource|path) /;
const ASK_SECONDS = 5;
/** A user's rights are the same on every server. A rehearsal may ask for one that is missing once for each object. */
const BELIEVED_MS = 10_000;
/** Seven seconds were seen, from the first answer to all roles read, on a busy machine. */
const STARTING_MS = 30_000;
/** Refusals of `/readyz` that are further apart may be those of two starts. */
const ONE_START_MS = 10_000;

/**
 * An API server that has just started refuses everybody everything (403) until it has read the roles. `/readyz` is "ok" only after that,
 * and every user may get it. So a refusal counts once it came, on one connection, after an "ok"; before that it becomes a 503, which is
 * asked again like any other.
 * https://kubernetes.io/docs/reference/using-api/health-checks/
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles (system:public-info-viewer)
 */
export class StartingServer {
  private readonly believed = new Map<string, number>();
  /** Since when, and when last, `/readyz` was refused as well. */
  private unasked = { since: -Infinity, last: -Infinity };
  private mayAsk = true;

  /** Is this a refusal that a ready server would perhaps not give? */
  isInDoubt(request: ApiRequest, answer: Answer): boolean {
    if (!lacksRight(answer) || !this.mayAsk) return false;
    return performance.now() - (this.believed.get(rightFor(request)) ?? -Infinity) > BELIEVED_MS;
  }

  /** @param send over one connection, so that one server answers both; what was refused was not done, and may be asked again */
  async askOnceReady(request: ApiRequest, send: (request: ApiRequest) => Promise<Answer>): Promise<Answer> {
    const { signal, timeoutSeconds = ASK_SECONDS } = request;
    const ready = await send({
      method: "GET",
      path: "/readyz",
      accept: "text/plain",
      timeoutSeconds: Math.min(ASK_SECONDS, timeoutSeconds),
      ...(signal && { signal }),
    });
    if (this.isNotReady(ready)) return notReady();
    const answer = await send(request);
    if (lacksRight(answer)) this.believed.set(rightFor(request), performance.now());
    return answer;
  }

  /** Other answers, 404 say, are those of something in front that does not let us ask. */
  private isNotReady(ready: Answer): boolean {
    if (lacksRight(ready)) return this.isStarting();
    return ready.status >= 429;
  }

  /** It refuses `/readyz` as well: longer than any start, and it is a right that this user was not left. */
  private isStarting(): boolean {
    const now = performance.now();
    const { since, last } = this.unasked;
    this.unasked = { since: now - last > ONE_START_MS ? now : since, last: now };
    return (this.mayAsk = now - this.unasked.since < STARTING_MS);
  }
}

function lacksRight({ status, text }: Answer): boolean {
  return status === 403 && LACKS_RIGHT.test(text);
}

function notReady(): Answer {
  const message =
    "the API server refuses it and is not ready (/readyz), as one that has just started: it may allow it in a moment";
  const text = JSON.stringify({ kind: "Status", reason: NOT_READY, message });
  return { status: 503, headers: { "content-type": "application/json" }, text };
}

function rightFor(request: ApiRequest): string {
  const { verb, group, resource, namespace = "" } = explainAttempt(request);
  return [verb, group, resource, namespace].join(" ");
}
