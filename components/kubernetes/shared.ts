import type { Caller } from "./api";

/** What a cluster serves changes with its upgrade; a hundred CRDs are planned within seconds. */
const SHARED_MS = 10_000;

/** The same question, asked at most once in ten seconds for all CRDs of a program: for plans, which are made again in `up`. */
export function shared<T>(ask: (caller: Caller) => Promise<T>): (caller: Caller) => Promise<T> {
  const lately = new WeakMap<Caller, { at: number; answer: Promise<T> }>();
  return (caller) => {
    const known = lately.get(caller);
    if (known !== undefined && Date.now() - known.at < SHARED_MS) return known.answer;
    const answer = ask(caller);
    lately.set(caller, { at: Date.now(), answer });
    answer.catch(() => lately.delete(caller));
    return answer;
  };
}
