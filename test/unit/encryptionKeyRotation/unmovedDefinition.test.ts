import {
  DefinitionMovedUnderway,
  UnmovedDefinition,
  WRITES_A_LOOK,
} from "../../../components/encryptionKeyRotation/proof/unmovedDefinition";
import { ApiError } from "../../../components/kubernetes/errors";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A CRD that can move; each look takes 5 ms and sees it as it was when it began. */
function world() {
  const metadata = { name: "widgets.example.com", uid: "u", generation: 1 };
  const state = { generation: 1, uid: "u", gone: false, fails: false, looks: 0 };
  const call = async (): Promise<object> => {
    state.looks++;
    const { generation, uid, gone, fails } = state;
    await after(5);
    const request = { method: "GET", path: "" } as const;
    if (gone) throw new ApiError("not found", 404, "NotFound", "not found", request);
    if (fails) throw new ApiError("no", 500, "InternalError", "no", request);
    return { metadata: { name: metadata.name, generation, uid } };
  };
  const unmoved = new UnmovedDefinition({ call } as never, { metadata } as never);
  const sent: string[] = [];
  const send = (name: string, milliseconds = 1) =>
    unmoved.sending({ metadata: { name } }, async () => {
      sent.push(name);
      await after(milliseconds);
    });
  return { state, unmoved, sent, send };
}
const after = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Lets it run until nothing is left to wait for. */
async function settled<T>(running: Promise<T>): Promise<T> {
  running.catch(() => undefined);
  await jest.advanceTimersByTimeAsync(60_000);
  return running;
}
/** A millisecond at a time. */
async function settledSoon(running: Promise<unknown>): Promise<void> {
  let isOver = false;
  void running.then(() => (isOver = true));
  while (!isOver) await jest.advanceTimersByTimeAsync(1);
}
const names = (count: number): string[] => Array.from({ length: count }, (_, nth) => `w-${nth}`);

test("nothing is sent before a first look; then so many on each, however many are sent at once", async () => {
  const { state, sent, send } = world();
  await settled(Promise.all(names(3 * WRITES_A_LOOK).map((name) => send(name))));
  expect(sent).toHaveLength(3 * WRITES_A_LOOK);
  expect(state.looks).toBeGreaterThanOrEqual(3);
  expect(state.looks).toBeLessThanOrEqual(7);
});

test("the next look is under way before anybody has to wait for it", async () => {
  const { state, send } = world();
  const turns: number[] = [];
  for (let nth = 0; nth < WRITES_A_LOOK; nth++) {
    const began = performance.now();
    await settledSoon(send("a", 2));
    turns.push(performance.now() - began);
  }
  expect(turns.slice(1)).toEqual(turns.slice(1).map(() => 2));
  expect(state.looks).toBe(3);
});

test("a look holds for a moment only", async () => {
  const { state, send } = world();
  await settled(send("a"));
  await settled(send("b"));
  expect(state.looks).toBe(2);
});

test.each([
  ["has another generation", { generation: 2 }],
  ["was deleted and made anew", { uid: "other" }],
  ["is gone", { gone: true }],
])("once the CRD %s, no more than one look lets through are sent, and those are named", async (_, change) => {
  const { state, unmoved, sent, send } = world();
  await settled(send("before"));
  await settled(send("first"));
  Object.assign(state, change);
  const all = names(100).map((name) => send(name));
  const outcomes = await settled(Promise.allSettled(all));
  expect(sent.length).toBeLessThanOrEqual(2 + WRITES_A_LOOK);
  const error = outcomes.at(-1) as PromiseRejectedResult;
  expect(error.reason).toBeInstanceOf(DefinitionMovedUnderway);
  expect(unmoved.signal.reason).toBe(error.reason);
  expect((error.reason as DefinitionMovedUnderway).exposed).toEqual(["first", ...sent.slice(2)].sort());
});

test("a write that was not answered when a look began is named with those sent after it", async () => {
  const { state, unmoved, send } = world();
  const work = unmoved.during(async () => {
    const slow = send("slow", 900);
    await after(500);
    await send("next"); // after another look
    state.generation++;
    await slow;
  });
  await expect(settled(work)).rejects.toMatchObject({ exposed: ["next", "slow"] });
});

test("one that moves after the last write is found at the end, also while a look was under way that began before", async () => {
  const { state, unmoved, send } = world();
  const work = unmoved.during(async () => {
    await send("last", 1);
    await after(996); // the idle look has just begun
    state.generation++;
  });
  await expect(settled(work)).rejects.toBeInstanceOf(DefinitionMovedUnderway);
});

test("one that moves while nothing is sent, as during a wait, aborts within a second or so", async () => {
  const { state, unmoved } = world();
  const work = unmoved.during(
    () =>
      new Promise<never>((_, reject) => {
        unmoved.signal.addEventListener("abort", () => reject(new Error("aborted")));
      }),
  );
  work.catch(() => undefined);
  state.generation++;
  await jest.advanceTimersByTimeAsync(1_100);
  await expect(work).rejects.toBeInstanceOf(DefinitionMovedUnderway);
});

test("where the CRD cannot be read, nothing is sent, and what was done counts for nothing", async () => {
  const { state, unmoved, sent, send } = world();
  state.fails = true;
  await expect(settled(send("a"))).rejects.toThrow("no");
  expect(sent).toEqual([]);
  await expect(settled(unmoved.during(() => Promise.resolve("done")))).rejects.toThrow("no");
  state.fails = false;
  expect(await settled(unmoved.during(() => Promise.resolve("done")))).toBe("done");
});
