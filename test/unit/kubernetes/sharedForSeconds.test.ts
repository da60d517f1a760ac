import type { Caller } from "../../../components/kubernetes/api";
import { sharedWhileFresh } from "../../../components/kubernetes/sharedForSeconds";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const cluster: Caller = { call: () => Promise.reject(new Error("not asked")) };

/** Each answer takes 300 ms and is the moment at which it was begun. */
function clock() {
  const began = Date.now();
  const put: number[] = [];
  const ask = sharedWhileFresh(async (_caller: Caller, _what: readonly string[]) => {
    const at = Date.now() - began;
    put.push(at);
    await new Promise((resolve) => setTimeout(resolve, 300));
    return at;
  }, 1_000);
  return { put, ask: (what: readonly string[] = []) => ask(cluster, what) };
}

test("asked alone => put at once", async () => {
  const { ask, put } = clock();
  const answer = ask();
  await jest.advanceTimersByTimeAsync(0);
  expect(put).toEqual([0]);
  await jest.advanceTimersByTimeAsync(300);
  expect(await answer).toBe(0);
});

test("asked by many at once => put once, and all are answered", async () => {
  const { ask, put } = clock();
  const answers = Promise.all([ask(), ask(), ask()]);
  await jest.advanceTimersByTimeAsync(300);
  expect(await answers).toEqual([0, 0, 0]);
  expect(put).toEqual([0]);
});

test("asked while the answer to another is under way => an answer begun after the asking, in a second", async () => {
  const { ask, put } = clock();
  const first = ask();
  await jest.advanceTimersByTimeAsync(100);
  const later = Promise.all([ask(), ask()]);
  await jest.advanceTimersByTimeAsync(2_000);
  expect([await first, await later]).toEqual([0, [1_000, 1_000]]);
  expect(put).toEqual([0, 1_000]);
});

test("an answer is never kept: asked after it came, the question is put anew", async () => {
  const { ask, put } = clock();
  void ask();
  await jest.advanceTimersByTimeAsync(5_000);
  void ask();
  await jest.advanceTimersByTimeAsync(300);
  expect(put).toEqual([0, 5_000]);
});

test("the clock set back by an hour => no answer is waited for any longer", async () => {
  const { ask, put } = clock();
  void ask();
  await jest.advanceTimersByTimeAsync(300);
  jest.setSystemTime(Date.now() - 3_600_000);
  void ask();
  await jest.advanceTimersByTimeAsync(1_000);
  expect(put).toEqual([0, -3_600_000 + 1_000]);
});

test("another question, or another cluster, shares nothing", async () => {
  const { ask, put } = clock();
  void ask(["cp-1"]);
  void ask(["cp-2"]);
  await jest.advanceTimersByTimeAsync(300);
  expect(put).toEqual([0, 0]);
  const others: string[] = [];
  const name = sharedWhileFresh(
    (caller: Caller & { name: string }) => Promise.resolve(others.push(caller.name)),
    1_000,
  );
  void name({ ...cluster, name: "one" });
  void name({ ...cluster, name: "two" });
  await jest.advanceTimersByTimeAsync(0);
  expect(others).toEqual(["one", "two"]);
});

test("a failure is told to all who shared it, and not to the next", async () => {
  let tried = 0;
  const ask = sharedWhileFresh(
    (_caller: Caller) => (++tried === 1 ? Promise.reject(new Error("503")) : Promise.resolve("ok")),
    1_000,
  );
  const first = Promise.allSettled([ask(cluster), ask(cluster)]);
  await jest.advanceTimersByTimeAsync(0);
  expect((await first).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const next = ask(cluster);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(await next).toBe("ok");
});
