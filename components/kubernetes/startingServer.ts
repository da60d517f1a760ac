import type { ApiRequest } from "./api";
import { explainAttempt } from "./explain";
import { sleep } from "./sleep";
import type { Answer } from "./transport";

/** Longer than any server was seen to take, from its first answer to all roles read, on a busy machine. */
const STARTING_SECONDS = 10;
const AGAIN_MS = 500;
const LACKS_RIGHT = /cannot \S+ (?:resource|path) /;

/**
 * An API server that has just started refuses everybody everything (403) until it has read the roles. A right that this user was
 * seen to have is not believed to be lost before that has lasted a while; a first refusal is believed at once.
 */
export class StartingServer {
  private readonly allowed = new Set<string>();

  /** @param send is asked again: what was refused was not done, so that no request is too much */
  async outwait(request: ApiRequest, send: () => Promise<Answer>): Promise<Answer> {
    const right = rightFor(request);
    // What is urgent, a lock, counts its seconds itself.
    const seconds =
      request.urgent === true ? 0 : Math.min(STARTING_SECONDS, request.timeoutSeconds ?? STARTING_SECONDS);
    for (const began = Date.now(); ; await sleep(AGAIN_MS, request.signal)) {
      const answer = await send();
      if (answer.status < 300) this.allowed.add(right);
      const isRefused = answer.status === 403 && LACKS_RIGHT.test(answer.text);
      if (!isRefused || !this.allowed.has(right) || Date.now() - began > seconds * 1_000) return answer;
    }
  }
}

function rightFor(request: ApiRequest): string {
  const { verb, group, resource, namespace = "" } = explainAttempt(request);
  return [verb, group, resource, namespace].join(" ");
}
