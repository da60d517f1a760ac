import type { Cluster } from "../../../components/kubernetes/cluster";
import { endSharingByPlans, sharedByPlans } from "../../../components/provider/sharedByPlans";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const cluster = {} as Cluster;

/** Each answer is a new object, so that a shared one can be told. */
function question() {
  const ask = jest.fn((_cluster: Cluster, _crd: string): Promise<object> => Promise.resolve({}));
  return { ask, shared: sharedByPlans(ask, (crd) => crd) };
}

test("plans made at the same time => one question for each CRD of each cluster", async () => {
  const { ask, shared } = question();
  const [first, second] = await Promise.all([shared(cluster, "databases"), shared(cluster, "databases")]);
  expect(second).toBe(first);
  expect(await shared(cluster, "queues")).not.toBe(first);
  expect(await shared({} as Cluster, "databases")).not.toBe(first);
  expect(ask).toHaveBeenCalledTimes(3);
});

test("a phase has run since => asked anew", async () => {
  const { shared } = question();
  const before = await shared(cluster, "databases");
  endSharingByPlans();
  expect(await shared(cluster, "databases")).not.toBe(before);
});

test("asked while a phase runs => not what was begun before it ended", async () => {
  const { shared } = question();
  endSharingByPlans(); // it begins
  const during = await shared(cluster, "databases");
  endSharingByPlans(); // it ends
  expect(await shared(cluster, "databases")).not.toBe(during);
});

test("ten seconds later => asked anew", async () => {
  const { shared } = question();
  const before = await shared(cluster, "databases");
  jest.advanceTimersByTime(9_999);
  expect(await shared(cluster, "databases")).toBe(before);
  jest.advanceTimersByTime(1);
  expect(await shared(cluster, "databases")).not.toBe(before);
});

test("no answer => the next one asks", async () => {
  const { ask, shared } = question();
  ask.mockRejectedValueOnce(new Error("unreachable"));
  await expect(shared(cluster, "databases")).rejects.toThrow("unreachable");
  expect(await shared(cluster, "databases")).toEqual({});
});
