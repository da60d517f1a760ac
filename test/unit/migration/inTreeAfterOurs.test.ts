import type { ApiRequest, KubernetesObject } from "../../../components/kubernetes/api";
import { ApiError } from "../../../components/kubernetes/errors";
import type { ClusterWork } from "../../../components/kubernetes/cluster";
import { inTreeAfterOurs } from "../../../components/migration/definition/inTreeAfterOurs";
import type { Guard } from "../../../components/migration/rewrite/guard";
import { KnownStored } from "../../../components/migration/rewrite/knownStored";
import { SharedRow } from "../../../components/migration/rewrite/sharedRow";
import { NOTHING_AHEAD, type RewrittenAhead } from "../../../components/migration/rewrite/rewriteAhead";

const resource = { group: "g", version: "v2", plural: "foos" };
const from = { group: "g", version: "v1", plural: "foos" };
const object = { metadata: { name: "x", resourceVersion: "1" } };
const whole = { ...NOTHING_AHEAD, isWhole: true, left: [object] };
const guardThat = (expected: Guard["expected"]): Guard => ({ from, expected, assertKept: () => Promise.resolve() });

const row = new SharedRow(() => undefined);
const gone = new ApiError("gone", 404, "NotFound", "gone", { method: "GET", path: "/" });

interface Given {
  readonly guard?: Guard | undefined;
  readonly waited?: Promise<unknown>;
  readonly ahead?: Promise<RewrittenAhead>;
  /** What was left is deleted by then. */
  readonly isGone?: boolean;
  /** What the watch cache holds of it. */
  readonly cached?: KubernetesObject;
  /** What is listed beside it. */
  readonly rest?: readonly KubernetesObject[];
}

/** Whether it begins, and why not. */
async function begins({
  isGone = false,
  rest = [],
  cached = object,
  ahead = Promise.resolve({ ...whole, known: new KnownStored() }),
  waited = Promise.resolve(),
  ...given
}: Given) {
  const said: string[] = [];
  const guard = "guard" in given ? given.guard : guardThat((original) => Promise.resolve(original));
  const call = ({ path, query }: ApiRequest): Promise<unknown> => {
    if (path === "/apis/g/v2/foos") return Promise.resolve({ metadata: {}, items: [object, ...rest] });
    const other = rest.find(({ metadata }) => path.endsWith(`/${metadata.name}`));
    if (other !== undefined) return Promise.resolve(other);
    if (isGone) return Promise.reject(gone);
    return Promise.resolve(query?.["resourceVersion"] === "0" ? cached : object);
  };
  const work = { cluster: { call }, report: () => undefined, signal: new AbortController().signal };
  const leaveOut = (why: string): void => void said.push(why);
  const turn = inTreeAfterOurs(60, { resource, guard, waited, leaveOut, row }, work as unknown as ClusterWork);
  return [await turn.beforeInTree?.(ahead), ...said];
}

test("it begins when our own rewriting is through with every object and what is left loses nothing", async () => {
  expect(await begins({})).toEqual([true]);
});

test("it is left out where an object could not be rewritten", async () => {
  expect(await begins({ ahead: Promise.resolve(NOTHING_AHEAD) })).toEqual([
    false,
    "our own rewriting before it could not rewrite every object",
  ]);
});

test("it is left out where the conversion of what is left loses something", async () => {
  const guard = guardThat(() => Promise.reject(new Error("loses .port")));
  expect(await begins({ guard })).toEqual([false, "what was left for it was not seen to convert without a loss"]);
});

test("what was written since it was answered ahead is rewritten under the guard first, and where that loses something it is left out", async () => {
  const rest = [{ metadata: { name: "late", resourceVersion: "7" } }];
  expect(await begins({ rest })).toEqual([true]);
  const guard = guardThat((original) =>
    original.metadata.name === "late" ? Promise.reject(new Error("loses .port")) : Promise.resolve(original),
  );
  expect(await begins({ rest, guard })).toEqual([false, "our own rewriting before it could not rewrite every object"]);
  const known = new KnownStored();
  known.add("7");
  expect(await begins({ rest, guard, ahead: Promise.resolve({ ...whole, known }) })).toEqual([true]);
});

test("it is left out where the watch cache holds a wrong conversion of what is left", async () => {
  const guard: Guard = {
    ...guardThat((original) => Promise.resolve(original)),
    assertKept: (_, found) => (found["wrong"] === true ? Promise.reject(new Error("loses .port")) : Promise.resolve()),
  };
  expect(await begins({ guard, cached: { ...object, wrong: true } })).toEqual([
    false,
    "what was left for it was not seen to convert without a loss",
  ]);
});

test("what was left and is gone by then needs no conversion", async () => {
  expect(await begins({ isGone: true })).toEqual([true]);
});

test("where no served version shows objects as they are stored, there is no guard, and it begins after the wait", async () => {
  expect(await begins({ guard: undefined, ahead: Promise.resolve(NOTHING_AHEAD) })).toEqual([true]);
  expect(
    inTreeAfterOurs(
      60,
      { resource, guard: undefined, waited: Promise.resolve(), leaveOut: () => undefined, row },
      {} as ClusterWork,
    ).leaveFirst,
  ).toBe(0);
});

test("what the wait fails with ends it", async () => {
  await expect(begins({ waited: Promise.reject(new Error("the lock is lost")) })).rejects.toThrow("the lock is lost");
});

test("it is given as long as the longer of the wait and our own rewriting", () => {
  const { inTreeSeconds } = inTreeAfterOurs(
    60,
    { resource, guard: undefined, waited: Promise.resolve(), leaveOut: () => undefined, row },
    {} as ClusterWork,
  );
  expect([inTreeSeconds?.(10), inTreeSeconds?.(100)]).toEqual([66, 100]);
});
