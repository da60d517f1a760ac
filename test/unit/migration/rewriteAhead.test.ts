import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { ApiError } from "../../../components/kubernetes/errors";
import type { Work } from "../../../components/kubernetes/report";
import type { Guard } from "../../../components/migration/rewrite/guard";
import { NOTHING_AHEAD, rewriteAhead } from "../../../components/migration/rewrite/rewriteAhead";
import { SharedRow } from "../../../components/migration/rewrite/sharedRow";

const resource = { group: "g", version: "v2", plural: "foos" };
const never = new AbortController().signal;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** So many objects at resourceVersion 1; a rewrite takes 100 ms and moves it. */
function clusterOf(count: number, onPatch: (nth: number) => void = () => undefined) {
  const asked: string[] = [];
  const items = Array.from({ length: count }, (_, nth) => ({
    metadata: { name: `o-${nth}`, namespace: "n", resourceVersion: "1" },
  }));
  let patched = 0;
  const call = async ({ method, query }: ApiRequest): Promise<unknown> => {
    asked.push(method);
    if (method === "GET") {
      const shown = items.slice(0, Number(query?.["limit"] ?? items.length));
      return { metadata: { resourceVersion: "7", remainingItemCount: count - shown.length }, items: shown };
    }
    onPatch(patched++);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { metadata: { name: "o", namespace: "n", resourceVersion: "2" } };
  };
  return { cluster: { call } as unknown as Cluster, asked, patched: () => patched };
}

interface Given {
  readonly guard?: Guard;
  readonly leaveFirst?: number;
  readonly signal?: AbortSignal;
}

async function run(
  fake: ReturnType<typeof clusterOf>,
  overAfterMs: number,
  { guard, leaveFirst = 0, signal = never }: Given = {},
) {
  const over = new AbortController();
  setTimeout(() => over.abort(), overAfterMs);
  const options = { over: over.signal, guard, leaveFirst };
  const running = rewriteAhead(fake.cluster, resource, options, { report: () => undefined, signal });
  await jest.advanceTimersByTimeAsync(3_600_000);
  return running;
}
const after = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("where the wait is long enough, every object is rewritten during it", async () => {
  const fake = clusterOf(1_000);
  expect(await run(fake, 3_000_000)).toMatchObject({ rewritten: 1_000 });
  expect(fake.patched()).toBe(1_000);
});

test("it stops when the wait is over, and leaveFirst the rest to the pass that counts", async () => {
  const fake = clusterOf(1_000);
  const { rewritten } = await run(fake, 500);
  expect(rewritten).toBeGreaterThan(0);
  expect(rewritten).toBe(fake.patched()); // what was under way is awaited
  expect(rewritten).toBeLessThan(900);
});

test("what it is to leave of the first objects it leaves, and it is whole all the same", async () => {
  const fake = clusterOf(1_000);
  expect(await run(fake, 3_000_000, { leaveFirst: 5 })).toMatchObject({ rewritten: 995, isWhole: true });
  expect(fake.patched()).toBe(995);
});

test("few objects are left to the pass that counts: one short LIST is all", async () => {
  const fake = clusterOf(999);
  expect(await run(fake, 3_000_000)).toEqual(NOTHING_AHEAD);
  expect(fake.asked).toEqual(["GET"]);
});

test("of few objects all but those are rewritten where an in-tree migrator comes after, which has no guard", async () => {
  const fake = clusterOf(10);
  const guard: Guard = {
    from: { ...resource, version: "v1" },
    expected: (original) => Promise.resolve(original),
    assertKept: () => Promise.resolve(),
  };
  expect(await run(fake, 3_000_000, { guard, leaveFirst: 3 })).toMatchObject({ rewritten: 7, isWhole: true });
  expect(fake.asked.filter((method) => method === "GET")).toHaveLength(1);
});

test("what fails is no failure here: the pass that counts reports it", async () => {
  const bad = new ApiError("no", 422, "Invalid", "no", { method: "PATCH", path: "/" });
  const fake = clusterOf(1_000, (nth) => {
    if (nth % 2 === 0) throw bad;
  });
  expect(await run(fake, 3_000_000)).toMatchObject({ rewritten: 500 });
});

test("a run that is ended, or loses its lock, sends nothing more", async () => {
  const ended = new AbortController();
  const fake = clusterOf(1_000, (nth) => {
    if (nth === 100) ended.abort();
  });
  await run(fake, 3_000_000, { signal: ended.signal });
  expect(fake.patched()).toBeLessThan(150);
});

test("steps beside each other are one row: what each said last, in the same order, until it ends", async () => {
  const rows: string[] = [];
  const row = new SharedRow((line) => rows.push(line));
  const work: Work = { report: () => undefined, signal: never };
  const wait = row.step("wait", work, async ({ report }) => {
    report("waiting 66 s");
    await after(1_000);
    report("waiting 65 s");
    await after(2_000);
    report("waiting 63 s");
  });
  const own = row.step("own", work, async ({ report }) => {
    report("rewriting 1 / 2");
    await after(2_000);
  });
  await jest.advanceTimersByTimeAsync(10_000);
  await Promise.all([wait, own]);
  expect(rows).toEqual([
    "waiting 66 s",
    "rewriting 1 / 2; waiting 66 s",
    "rewriting 1 / 2; waiting 65 s",
    "waiting 63 s",
  ]);
});
