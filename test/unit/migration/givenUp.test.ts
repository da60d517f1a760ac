import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { ApiError } from "../../../components/kubernetes/errors";
import { rewriteInTree } from "../../../components/migration/inTree/inTree";

const GROUP = "/apis/storagemigration.k8s.io";
const MIGRATIONS = `${GROUP}/v1/storageversionmigrations`;
const subject = {
  resource: { group: "g", version: "v2", plural: "foos" },
  name: "foos.g",
  mark: { annotation: "kubernetes-storage-migration/generation", value: "3" },
  crd: { name: "foos.g", served: ["v2"] },
};

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A cluster in which a StorageVersionMigration has these conditions, one set after each GET; the last one stays. */
function clusterOf(seen: string[][]) {
  const asked: string[] = [];
  let revision = 10;
  let gets = 0;
  let isThere = false;
  const migration = (conditions: readonly string[] = []) => ({
    metadata: { name: "foos.g-1", resourceVersion: String(revision) },
    status: { resourceVersion: "5", conditions: conditions.map((type) => ({ type, status: "True" })) },
  });
  const answer = ({ method, path, body }: ApiRequest): unknown => {
    if (path === GROUP) return { versions: [{ version: "v1" }] };
    if (path.startsWith("/apis/g/")) return { metadata: { remainingItemCount: 1_999 }, items: [{ metadata: {} }] };
    if (path.includes("customresourcedefinitions")) {
      asked.push(
        method === "PATCH"
          ? `hold ${(body as { status: { storedVersions: string[] } }).status.storedVersions.join()}`
          : "",
      );
      return {
        metadata: {},
        spec: { versions: [{ name: "v1" }, { name: "v2" }] },
        status: { storedVersions: ["v1", "v2"] },
      };
    }
    if (method === "POST") isThere = true;
    if (method === "DELETE") {
      const { preconditions } = body as { preconditions: { resourceVersion: string } };
      asked.push(`delete as ${preconditions.resourceVersion}`);
      if (preconditions.resourceVersion !== String(revision))
        throw new ApiError("no", 409, "Conflict", "no", { method, path });
      isThere = false;
    }
    if (method === "GET" && path === MIGRATIONS) return { metadata: {}, items: [] };
    if (!isThere) return {};
    const conditions = seen[Math.min(gets, seen.length - 1)];
    if (method === "GET") gets++;
    return migration(conditions);
  };
  const changed = (): void => void revision++;
  const call = (request: ApiRequest): Promise<unknown> => Promise.resolve().then(() => answer(request));
  return { cluster: { call } as unknown as Cluster, asked, changed, gets: () => gets };
}

async function migrate(fake: ReturnType<typeof clusterOf>, enough: AbortSignal, isAlone = false, said: string[] = []) {
  const work = { report: (row: string) => void said.push(row), signal: new AbortController().signal };
  const running = rewriteInTree(fake.cluster, subject, work, { enough, isAlone });
  await jest.advanceTimersByTimeAsync(60_000);
  return running;
}
const done = (fake: ReturnType<typeof clusterOf>): string[] => fake.asked.filter((each) => each !== "");

test("one that is not to be waited for any longer is deleted, and storedVersions are held after that", async () => {
  const fake = clusterOf([["Running"]]);
  const enough = new AbortController();
  setTimeout(() => enough.abort(), 5_500);
  expect(await migrate(fake, enough.signal)).toMatchObject({
    outcome: "overtaken",
    message: expect.stringMatching(
      /^StorageVersionMigration foos.g-1 was ended early: our own pass had rewritten every object/,
    ),
  });
  expect(done(fake)).toEqual(["hold v1,v2", "delete as 10", "hold v1,v2"]);
});

test("it is deleted as it was seen: one that has changed since is looked at again", async () => {
  const fake = clusterOf([["Running"]]);
  const call = fake.cluster.call.bind(fake.cluster);
  let isFirst = true;
  fake.cluster.call = async (request: ApiRequest) => {
    if (request.method === "DELETE" && isFirst) {
      isFirst = false;
      fake.changed();
    }
    return call(request);
  };
  expect(await migrate(fake, AbortSignal.abort())).toMatchObject({ outcome: "overtaken" });
  expect(done(fake)).toEqual(["hold v1,v2", "delete as 10", "delete as 11", "hold v1,v2"]);
});

test.each(["Succeeded", "Failed"])(
  "one that is %s is not deleted before its runner has pruned storedVersions: that would come after they are held",
  async (end) => {
    const fake = clusterOf([["Running", end], ["Running", end], ["Running", end], [end]]);
    expect(await migrate(fake, AbortSignal.abort())).toMatchObject({ outcome: end.toLowerCase() });
    expect(fake.gets()).toBe(4);
    expect(done(fake)).toEqual(["hold v1,v2", "hold v1,v2"]);
  },
);

test("the row says about how far it is, unless our own rewriting beside it does", async () => {
  const begins = "StorageVersionMigration foos.g-1: running";
  for (const [isAlone, first] of [
    [true, `${begins} · about 0 / 2,000 (1 s)`],
    [false, `${begins} (1 s)`],
  ] as const) {
    const said: string[] = [];
    const enough = new AbortController();
    setTimeout(() => enough.abort(), 2_500);
    await migrate(clusterOf([["Running"]]), enough.signal, isAlone, said);
    expect(said[0]).toBe(first);
  }
});
