import type { Caller } from "./api";
import { withRetries } from "./retry";
import { sleep } from "./sleep";

/** What a cluster serves changes with its upgrade; a hundred CRDs are planned within seconds. */
const SHARED_MS = 10_000;

/** The same question, asked at most once in ten seconds for all CRDs of a program: for plans, which are made again in `up`. */
export function sharedFor10Seconds<T>(ask: (caller: Caller) => Promise<T>): (caller: Caller) => Promise<T> {
  const lately = new WeakMap<Caller, { at: number; answer: Promise<T> }>();
  return (caller) => {
    const known = lately.get(caller);
    if (known !== undefined && performance.now() - known.at < SHARED_MS) return known.answer;
    const answer = forAll(() => ask(caller));
    lately.set(caller, { at: performance.now(), answer });
    answer.catch(() => lately.delete(caller));
    return answer;
  };
}

/** The answer is for everybody who asks, so that nobody's own signal ends it. */
function forAll<T>(ask: () => Promise<T>): Promise<T> {
  return withRetries({}, ask);
}

/**
 * The same question, put at most once in `everyMs` for all CRDs of a program, where an answer from before will not do: whoever
 * asks waits for the next time that it is put, so that no answer is older than the asking. Asked alone, it is put at once.
 *
 * @param ask its further arguments are data: calls share an answer where they are equal as JSON
 */
export function sharedWhileFresh<Rest extends readonly unknown[], Asked extends Caller, T>(
  ask: (caller: Asked, ...rest: Rest) => Promise<T>,
  everyMs: number,
): (caller: Asked, ...rest: Rest) => Promise<T> {
  const questions = new WeakMap<Caller, Map<string, Question<T>>>();
  return (caller, ...rest) => {
    const ofCaller = questions.get(caller) ?? new Map<string, Question<T>>();
    questions.set(caller, ofCaller);
    const key = JSON.stringify(rest);
    const question = ofCaller.get(key) ?? new Question(() => ask(caller, ...rest), everyMs);
    ofCaller.set(key, question);
    return question.answer();
  };
}

class Question<T> {
  private next: Promise<T> | undefined;
  /** By the monotonic clock: after the other one was set back by an hour, whoever asks would wait for an hour. */
  private lastPut = -Infinity;

  constructor(
    private readonly put: () => Promise<T>,
    private readonly everyMs: number,
  ) {}

  answer(): Promise<T> {
    return (this.next ??= this.wait());
  }

  private async wait(): Promise<T> {
    await sleep(Math.max(0, this.lastPut + this.everyMs - performance.now()));
    this.next = undefined; // who asks from now on would get an answer begun before
    this.lastPut = performance.now();
    return forAll(this.put);
  }
}
