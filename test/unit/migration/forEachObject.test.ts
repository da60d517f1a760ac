import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { ApiError, CredentialsError } from "../../../components/kubernetes/errors";
import { forEachObject } from "../../../components/migration/rewrite/forEachObject";

const resource = { group: "g", version: "v1", plural: "foos" };
const names = (count: number) => Array.from({ length: count }, (_, index) => `o-${index}`);
const objects = (count: number) => names(count).map((name) => ({ metadata: { name, namespace: "n" } }));

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function cluster(count: number): Cluster {
  const list = { metadata: { resourceVersion: "7" }, items: objects(count) };
  return { call: (_: ApiRequest) => Promise.resolve(list) } as unknown as Cluster;
}

async function walk(
  count: number,
  visit: (name: string) => void | Promise<void>,
  signal = new AbortController().signal,
) {
  const options = { doing: "rewriting", report: () => undefined, signal };
  const walking = forEachObject(cluster(count), resource, async ({ metadata }) => visit(metadata.name), options);
  walking.catch(() => undefined);
  await jest.advanceTimersByTimeAsync(600_000);
  return walking;
}

const answered = (status: number, reason = "", message = "no") =>
  new ApiError(message, status, reason, message, { method: "PATCH", path: "/" });

test("bad objects are named up to ten and counted; the rest is visited", async () => {
  const seen: string[] = [];
  const result = await walk(200, (name) => {
    seen.push(name);
    if (name.endsWith("7")) throw answered(422, "Invalid", `${name} is bad`);
  });
  expect(seen).toHaveLength(200);
  expect(result).toMatchObject({ listResourceVersion: "7", visited: 200, gone: 0, failedCount: 20 });
  expect(result.failed).toHaveLength(10);
  expect(result.failed[0]).toEqual({ name: "n/o-7", message: "o-7 is bad" });
});

test("an object that is gone when its turn comes is no failure", async () => {
  const result = await walk(3, (name) => {
    if (name === "o-1") throw answered(404, "NotFound", 'foos.g "o-1" not found');
  });
  expect(result).toMatchObject({ visited: 3, gone: 1, failedCount: 0 });
});

test("a namespace removed by force leaves its objects in etcd: failed, not gone", async () => {
  const result = await walk(3, (name) => {
    // Even where the namespace is called like the object.
    throw answered(404, "NotFound", `namespaces "${name}" not found`);
  });
  expect(result).toMatchObject({ gone: 0, failedCount: 3 });
});

test("404 that names no object is a version that is not served any more: every object failed, none is gone", async () => {
  const result = await walk(3, () => {
    throw answered(404);
  });
  expect(result).toMatchObject({ gone: 0, failedCount: 3 });
});

test("twenty in a row that no object is to blame for end the walk, with what to fix", async () => {
  let visits = 0;
  const walking = walk(1_000, () => {
    visits++;
    throw answered(500, "InternalError", 'conversion webhook for g/v1 failed: Post "https://h/": connection refused');
  });
  await expect(walking).rejects.toThrow(
    /rewriting foos.g stopped after 20 failures in a row that no object is to blame for, \d+ of 1,000 done\n {2}why: +the last: .*connection refused\n {2}next: +fix what it names/s,
  );
  expect(visits).toBeLessThan(200);
});

test.each([
  ["a credential plugin that fails", new CredentialsError({ what: "plugin.sh failed", expected: "an ExecCredential" })],
  ["401 with credentials that were read again", answered(401, "Unauthorized")],
])("%s ends the walk at once: it is no failure of an object", async (_, error) => {
  const visited: string[] = [];
  const walking = walk(12, (name) => {
    visited.push(name);
    if (visited.length > 3) throw error;
  });
  await expect(walking).rejects.toBe(error);
  expect(visited.length).toBeLessThan(12);
});

test("one good object in between, and it goes on to the end", async () => {
  const result = await walk(100, (name) => {
    if (!name.endsWith("0")) throw answered(500, "InternalError", 'webhook failed: Post "https://h/": EOF');
  });
  expect(result).toMatchObject({ visited: 100, failedCount: 90 });
});

test("an abort ends it with the signal's reason, tries in waiting included", async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("lost the lock")), 3_000);
  const walking = walk(10, () => Promise.reject(answered(503)), abort.signal);
  await expect(walking).rejects.toThrow("lost the lock");
});
