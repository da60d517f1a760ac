import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { ApiError } from "../../../components/kubernetes/errors";
import { AboutMigrated } from "../../../components/migration/inTree/aboutMigrated";

const resource = { group: "g", version: "v2", plural: "foos" };
const OBJECTS = 10_000;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** So many of the first hundred are newer than where the migration began, at 50. */
function clusterOf(newer: () => number) {
  let asked = 0;
  const call = ({ query }: ApiRequest): Promise<unknown> => {
    asked++;
    const items = Array.from({ length: Number(query?.["limit"]) }, (_, nth) => ({
      metadata: { name: `o-${nth}`, resourceVersion: nth < newer() ? "51" : "50" },
    }));
    return Promise.resolve({ metadata: {}, items });
  };
  return { cluster: { call } as unknown as Cluster, asked: () => asked };
}

const aboutOf = (cluster: Cluster, signal = new AbortController().signal): AboutMigrated =>
  new AboutMigrated(cluster, resource, OBJECTS, signal);

test("how far the migrator is: by the first objects, for all of them, with rate and time left; asked every five seconds", async () => {
  let newer = 10;
  const { cluster, asked } = clusterOf(() => newer);
  const about = aboutOf(cluster);
  expect(await about.since("50", 10)).toBe(" · about 1,000 / 10,000 · 100/s · 90 s left");
  newer = 41;
  await jest.advanceTimersByTimeAsync(4_000);
  expect(await about.since("50", 14)).toBe(" · about 1,000 / 10,000 · 100/s · 90 s left");
  await jest.advanceTimersByTimeAsync(1_000);
  expect(await about.since("50", 20)).toBe(" · about 4,100 / 10,000 · 205/s · 29 s left");
  expect(asked()).toBe(2);
});

test("nothing is said, or asked, before it has begun", async () => {
  const { cluster, asked } = clusterOf(() => 0);
  expect(await aboutOf(cluster).since(undefined, 3)).toBe("");
  expect(asked()).toBe(0);
});

test("a list that fails ends nothing; a run that is ended is ended", async () => {
  const refused = new ApiError("no", 403, "Forbidden", "no", { method: "GET", path: "/" });
  const failing = { call: () => Promise.reject(refused) } as unknown as Cluster;
  expect(await aboutOf(failing).since("50", 3)).toBe("");
  await expect(aboutOf(failing, AbortSignal.abort(new Error("ended"))).since("50", 3)).rejects.toThrow("ended");
});
