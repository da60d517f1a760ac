import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { ApiError } from "../../../components/kubernetes/errors";
import type { Guard } from "../../../components/migration/rewrite/guard";
import { KnownStored } from "../../../components/migration/rewrite/knownStored";
import {
  type Awaited,
  rewriteWhenOver,
  type RewrittenWhenOver,
} from "../../../components/migration/rewrite/rewriteWhenOver";
import { SharedRow } from "../../../components/migration/rewrite/sharedRow";

const resource = { group: "g", version: "v2", plural: "foos" };
const OBJECTS = 1_200;
const REWRITE_MS = 100;
const WAIT_MS = 66_000;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** An API server: it writes an object that is stored as v1, and leaves one that is stored as v2. */
function serverOf(refuses: (name: string) => number | undefined = () => undefined) {
  let revision = 1;
  const stored = new Map(Array.from({ length: OBJECTS }, (_, nth) => [`o-${nth}`, { version: "v1", revision }]));
  const write = (name: string, version: string): void => {
    stored.set(name, { version, revision: ++revision });
  };
  const asked: { readonly method: string; readonly path: string; readonly body: unknown; readonly at: number }[] = [];
  const began = Date.now();
  const call = async ({ method, path, query, body }: ApiRequest): Promise<unknown> => {
    asked.push({ method, path, body, at: Date.now() - began });
    const one = path.split("/").at(-1) ?? "";
    if (method === "GET" && stored.has(one)) return metadataOf(one, stored.get(one));
    if (method === "GET") {
      // All in one page, unless only their number was asked for: pages are another test's.
      const limit = Number(query?.["limit"]) === 1 ? 1 : OBJECTS;
      const items = [...stored].slice(0, limit).map(([name, each]) => metadataOf(name, each));
      return { metadata: { resourceVersion: String(revision), remainingItemCount: OBJECTS - limit }, items };
    }
    await new Promise((resolve) => setTimeout(resolve, REWRITE_MS));
    const name = path.split("/").at(-1) ?? "";
    const status = refuses(name);
    if (status !== undefined) throw new ApiError("no", status, "", "no", { method, path });
    if (stored.get(name)?.version === "v1") write(name, "v2");
    return metadataOf(name, stored.get(name));
  };
  const versions = (): Set<string> => new Set([...stored.values()].map(({ version }) => version));
  return { cluster: { call } as unknown as Cluster, write, asked, versions, revision: () => revision };
}

const metadataOf = (name: string, each: { revision: number } | undefined) => ({
  metadata: { name, namespace: "n", resourceVersion: String(each?.revision) },
});
const after = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const MERELY = { waited: Promise.resolve(), inTree: () => Promise.resolve() };

interface Given {
  readonly waited?: Promise<unknown>;
  readonly inTree?: Awaited["inTree"];
  readonly isAhead?: boolean;
  readonly inTreeSeconds?: (ownSeconds: number) => number;
  readonly guard?: Guard;
  readonly beforeInTree?: Awaited["beforeInTree"];
  readonly leaveFirst?: number;
  readonly isConverted?: () => boolean;
  readonly answered?: KnownStored;
}

async function pass({ cluster }: ReturnType<typeof serverOf>, given: Given) {
  const work = { cluster, report: () => undefined, signal: new AbortController().signal };
  const row = new SharedRow(work.report);
  const running = rewriteWhenOver(resource, { ...MERELY, isAhead: true, ...given }, row, work).catch(
    (error: Error) => error,
  );
  await jest.advanceTimersByTimeAsync(3_600_000);
  return running;
}

test("what a request in flight writes behind the rewriting ahead, the pass that counts rewrites: it lists after the wait", async () => {
  const server = serverOf();
  let landed = 0;
  void after(60_000).then(() => {
    expect(server.versions()).toEqual(new Set(["v2"])); // or it was no attempt
    server.write("o-0", "v1");
    landed = server.revision();
  });
  const result = await pass(server, { waited: after(WAIT_MS) });
  expect(server.versions()).toEqual(new Set(["v2"]));
  expect(result).toMatchObject({ visited: OBJECTS, failedCount: 0, listResourceVersion: String(landed) });
});

test.each([
  ["the wait", { waited: after, inTree: () => Promise.resolve() }],
  ["the in-tree migrator", { waited: () => Promise.resolve(), inTree: after }],
])("the pass that counts lists when %s is over, not before", async (_what, { waited, inTree }) => {
  const server = serverOf();
  await pass(server, { waited: waited(WAIT_MS), inTree: () => inTree(WAIT_MS) });
  const lists = server.asked.filter(({ method }) => method === "GET").map(({ at }) => at);
  // How many there are, the list of what is rewritten ahead, the list that counts.
  expect(lists).toEqual([0, 0, WAIT_MS]);
});

describe("an object that is listed after the wait", () => {
  const patches = ({ asked }: ReturnType<typeof serverOf>, from: number): string[] =>
    asked.filter(({ method, at }) => method === "PATCH" && at >= from).map(({ path }) => path.split("/").at(-1) ?? "");

  test("just as it was answered ahead is not asked about again, and counts as proven", async () => {
    const server = serverOf();
    const result = await pass(server, { waited: after(WAIT_MS) });
    expect(result).toMatchObject({ visited: OBJECTS, rewritten: OBJECTS, failedCount: 0, gone: 0 });
    expect(patches(server, 0)).toHaveLength(OBJECTS);
    expect(patches(server, WAIT_MS)).toEqual([]);
  });

  test("as somebody wrote it since, in whatever version, is asked about", async () => {
    const server = serverOf();
    void after(60_000).then(() => {
      server.write("o-3", "v2");
      server.write("o-4", "v1");
    });
    await pass(server, { waited: after(WAIT_MS) });
    expect(patches(server, WAIT_MS)).toEqual(["o-3", "o-4"]);
    expect(server.versions()).toEqual(new Set(["v2"]));
  });

  test("and was refused ahead is asked about; so is one that was never reached", async () => {
    let isFrozen = true;
    const server = serverOf((name) => (isFrozen && name === "o-7" ? 422 : undefined));
    void after(60_000).then(() => (isFrozen = false));
    await pass(server, { waited: after(WAIT_MS) });
    expect(patches(server, WAIT_MS)).toEqual(["o-7"]);
    const short = serverOf();
    expect(await pass(short, { waited: after(1_000) })).toMatchObject({ visited: OBJECTS, rewritten: OBJECTS });
    const late = patches(short, 1_000);
    expect(late.length).toBeGreaterThan(OBJECTS / 2);
    expect(new Set(patches(short, 0)).size).toBe(OBJECTS);
    expect(short.versions()).toEqual(new Set(["v2"]));
  });

  test("is asked about where nothing was rewritten ahead", async () => {
    const server = serverOf();
    await pass(server, { waited: after(WAIT_MS), isAhead: false });
    expect(patches(server, WAIT_MS)).toHaveLength(OBJECTS);
  });
});

test("an object that is written ahead and once more counts once", async () => {
  const server = serverOf();
  void after(60_000).then(() => server.write("o-0", "v1"));
  expect(await pass(server, { waited: after(WAIT_MS) })).toMatchObject({ rewritten: OBJECTS });
});

test.each([
  ["each object's own", 422],
  ["everyone's, which ends a walk after a few", 401],
])("a refusal that is gone when the wait is over is none: %s", async (_what, status) => {
  let isFrozen = true;
  const server = serverOf(() => (isFrozen ? status : undefined));
  void after(60_000).then(() => (isFrozen = false));
  const result = await pass(server, { waited: after(WAIT_MS) });
  expect(result).toMatchObject({ visited: OBJECTS, failedCount: 0, failed: [], rewritten: OBJECTS });
  expect(server.versions()).toEqual(new Set(["v2"]));
});

test("a refusal that stays is reported as it is where nothing is rewritten ahead", async () => {
  const refuses = (name: string): number | undefined => (name === "o-7" ? 422 : undefined);
  const outcomes = [];
  for (const isAhead of [true, false]) {
    const result = await pass(serverOf(refuses), { waited: after(WAIT_MS), isAhead });
    outcomes.push(result instanceof Error ? result : { failed: result.failed, failedCount: result.failedCount });
  }
  expect(outcomes[0]).toEqual({ failed: [{ name: "n/o-7", message: expect.any(String) }], failedCount: 1 });
  expect(outcomes[0]).toEqual(outcomes[1]);
});

describe("an in-tree migrator that comes after our own rewriting", () => {
  /** What of it was there when that began. */
  const begun = (server: ReturnType<typeof serverOf>, is = true) => {
    const at: { patches: number; versions: Set<string> }[] = [];
    const given = {
      leaveFirst: 3,
      beforeInTree: async (ahead: Promise<unknown>) => {
        await ahead;
        return is;
      },
      inTree: () => {
        const patches = server.asked.filter(({ method }) => method === "PATCH").length;
        at.push({ patches, versions: server.versions() });
        return Promise.resolve();
      },
    };
    return { at, given };
  };

  test("finds it through with all but a few, also beyond the wait; then counts the pass", async () => {
    const server = serverOf();
    const { at, given } = begun(server);
    const result = await pass(server, { waited: after(100), ...given });
    expect(at).toEqual([{ patches: OBJECTS - 3, versions: new Set(["v1", "v2"]) }]);
    expect(result).toMatchObject({ visited: OBJECTS, rewritten: OBJECTS, failedCount: 0 });
  });

  test("is left out where that says so", async () => {
    const server = serverOf();
    const { at, given } = begun(server, false);
    expect(await pass(server, { waited: after(100), ...given })).toMatchObject({ rewritten: OBJECTS });
    expect(at).toEqual([]);
  });

  test("where not every API server has agreed by its own address, that begins after the wait; the pass asks about each other object", async () => {
    const server = serverOf();
    const { at, given } = begun(server);
    await pass(server, { waited: after(WAIT_MS), isAhead: false, ...given });
    const patches = server.asked.filter(({ method }) => method === "PATCH");
    expect(Math.min(...patches.map((each) => each.at))).toBe(WAIT_MS);
    expect(at).toEqual([{ patches: OBJECTS - 3, versions: new Set(["v1", "v2"]) }]);
    expect(patches).toHaveLength(OBJECTS);
  });

  test("is given its time from when it begins, however long it was held up", async () => {
    const began: number[] = [];
    const start = Date.now();
    let enoughAt = 0;
    const inTree: Awaited["inTree"] = async ({ enough }) => {
      began.push(Date.now() - start);
      await new Promise((resolve) => enough?.addEventListener("abort", resolve));
      enoughAt = Date.now() - start;
    };
    const beforeInTree = async (ahead: Promise<unknown>) => {
      await ahead;
      await after(100_000);
      return true;
    };
    await pass(serverOf(), { waited: after(100), inTree, beforeInTree, leaveFirst: 3, inTreeSeconds: () => 50 });
    expect(began[0]).toBeGreaterThan(100_000);
    expect(enoughAt - (began[0] ?? 0)).toBeGreaterThanOrEqual(50_000);
    expect(enoughAt - (began[0] ?? 0)).toBeLessThan(52_000);
  });
});

test.each(["waited", "inTree"] as const)("what %s fails with ends it, and nothing counts", async (which) => {
  const server = serverOf();
  const failing = after(1_000).then(() => Promise.reject(new Error("the lock is lost")));
  const given =
    which === "waited"
      ? { waited: failing, inTree: () => after(WAIT_MS) }
      : { waited: after(WAIT_MS), inTree: () => failing };
  expect(await pass(server, given)).toEqual(new Error("the lock is lost"));
  expect(server.asked.filter(({ at }) => at > 1_000 + REWRITE_MS)).toEqual([]);
});

describe("where a webhook converts", () => {
  const guard: Guard = {
    from: { ...resource, version: "v1" },
    expected: (original) => Promise.resolve({ ...original, host: "h" }),
    assertKept: () => Promise.resolve(),
  };
  const guarded = [
    { op: "test", path: "/metadata/labels", value: null },
    { op: "test", path: "/metadata/annotations", value: null },
    { op: "test", path: "/host", value: "h" },
  ];
  const bodies = ({ asked }: ReturnType<typeof serverOf>, from: number, to: number): unknown[] =>
    asked.filter(({ method, at }) => method === "PATCH" && at >= from && at < to).map(({ body }) => body);
  /** Half of the objects, which the rewriting ahead never reached, are new when all is over. */
  const passWithNew = async (isConverted: boolean) => {
    const server = serverOf();
    void after(60_000).then(() => {
      for (let nth = 0; nth < 600; nth++) server.write(`o-${nth}`, "v1");
    });
    const given = { inTree: () => after(WAIT_MS), guard, isConverted: () => isConverted };
    const result = await pass(server, given);
    expect(result).toMatchObject({ visited: OBJECTS, failedCount: 0 });
    return server;
  };

  test("what is rewritten ahead is rewritten under the guard, from a list in the version that is stored", async () => {
    const server = await passWithNew(true);
    const ahead = bodies(server, 0, WAIT_MS);
    expect(ahead).toHaveLength(OBJECTS);
    expect(new Set(ahead.map((body) => JSON.stringify(body)))).toEqual(new Set([JSON.stringify(guarded)]));
    expect(server.asked.filter(({ method, at }) => method === "GET" && at < WAIT_MS).at(-1)?.path).toContain("/v1/");
  });

  test("what was answered for in an earlier pass is touched without a guard: nothing of it is converted", async () => {
    const server = serverOf();
    const answered = new KnownStored();
    for (let nth = 0; nth < 600; nth++) {
      server.write(`o-${nth}`, "v2");
      answered.add(String(server.revision()));
    }
    const given = { isAhead: false, guard, isConverted: () => true, answered };
    const result = await pass(server, given);
    expect(result).toMatchObject({ visited: OBJECTS, failedCount: 0 });
    const sent = bodies(server, 0, Infinity).map((each) => JSON.stringify(each));
    expect(sent.filter((each) => each === "{}")).toHaveLength(600);
    expect(sent.filter((each) => each === JSON.stringify(guarded))).toHaveLength(600);
  });

  test.each([
    ["every object was converted: what was written since is read one by one", true, "/v2/"],
    ["the in-tree migrator did not end well: from whole objects", false, "/v1/"],
  ])("the pass that counts, under the guard, where %s", async (_where, isConverted, version) => {
    const server = await passWithNew(isConverted);
    const counted = bodies(server, WAIT_MS, Infinity);
    expect(counted).toHaveLength(600);
    expect(new Set(counted.map((each) => JSON.stringify(each)))).toEqual(new Set([JSON.stringify(guarded)]));
    const lists = server.asked.filter(({ method, path }) => method === "GET" && path.endsWith("/foos"));
    expect(lists.at(-1)?.path).toContain(version);
  });
});

describe("an in-tree migrator that does not end", () => {
  /** Ends a second after it is not to be waited for any longer, as it takes a moment to hold storedVersions. */
  function endless() {
    const began = Date.now();
    let enoughAt = Infinity;
    const inTree: Awaited["inTree"] = async ({ enough }) => {
      await new Promise((resolve) => enough?.addEventListener("abort", resolve));
      enoughAt = Date.now() - began;
      await after(1_000);
    };
    return { inTree, enoughAt: () => enoughAt };
  }

  test("is given up when the wait is over and it was given as long again as our own rewriting took; then counts the pass", async () => {
    for (const waitMs of [WAIT_MS, 0]) {
      const server = serverOf();
      const { inTree, enoughAt } = endless();
      const result = await pass(server, { waited: after(waitMs), inTree });
      expect(result).toMatchObject({ visited: OBJECTS, failedCount: 0, rewritten: OBJECTS });
      const took = (result as RewrittenWhenOver).aheadSeconds * 1_000;
      expect(took).toBeGreaterThan(1_000);
      expect(enoughAt()).toBe(Math.max(waitMs, 2 * took));
      const lists = server.asked.filter(({ method }) => method === "GET").map(({ at }) => at);
      expect(lists.at(-1)).toBe(enoughAt() + 1_000);
    }
  });

  test.each([
    ["after our own rewriting", 50, 50_000],
    ["before our own rewriting is through: at once when it is", 0, undefined],
  ])("has no more than the time that it is given, which ends %s", async (_when, seconds, endedAt) => {
    const { inTree, enoughAt } = endless();
    const { aheadSeconds } = (await pass(serverOf(), {
      waited: Promise.resolve(),
      inTree,
      inTreeSeconds: (own) => Math.max(own, seconds),
    })) as RewrittenWhenOver;
    expect(aheadSeconds).toBeGreaterThan(1);
    expect(aheadSeconds).toBeLessThan(50);
    const late = enoughAt() - (endedAt ?? aheadSeconds * 1_000);
    expect([0, 1]).toContain(late); // a timer takes a millisecond at least
  });

  test.each<[string, Given, ((name: string) => number | undefined) | undefined]>([
    ["nothing was rewritten ahead", { isAhead: false }, undefined],
    ["an object was refused", {}, (name) => (name === "o-7" ? 422 : undefined)],
  ])("is waited for where %s", async (_why, given, refuses) => {
    const { inTree, enoughAt } = endless();
    void pass(serverOf(refuses), { ...given, inTree });
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(enoughAt()).toBe(Infinity);
  });
});
