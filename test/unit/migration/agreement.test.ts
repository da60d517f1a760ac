import type { ApiRequest, Resource } from "../../../components/kubernetes/api";
import { type ApiServer, type ApiServers, MixedServersError } from "../../../components/kubernetes/apiServers";
import { storageVersionHash } from "../../../components/kubernetes/discovery";
import { RehearsalError } from "../../../components/migration/rehearsal/rehearseObject";
import { awaitStorageAgreement } from "../../../components/migration/servers/storageAgreement";
import { awaitServedEverywhere } from "../../../components/migration/servers/servedEverywhere";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Lets a minute pass. @returns what came of it, and after how many milliseconds */
async function passing<T>(waiting: Promise<T>, milliseconds = 59_000): Promise<{ result: T; after: number }> {
  const began = Date.now();
  const ended = waiting.then((result) => ({ result, after: Date.now() - began }));
  ended.catch(() => undefined);
  await jest.advanceTimersByTimeAsync(milliseconds);
  return ended;
}

const target = { group: "g", version: "v2", plural: "foos", kind: "Foo" };
const hash = (version: string) => storageVersionHash("g", version, "Foo");

/** Stores one object; each server has its own opinion of the storage version and writes the object when it disagrees. */
class FakeControlPlane {
  resourceVersion = 10;
  storedAs = "v1";
  hasObject = true;
  readonly asked: string[] = [];
  readonly opinions = new Map<string, () => string>();
  mixed = false;
  distinct = true;
  /** Conversions through this server lose the port. */
  losesFor = "";
  /** It answers a PATCH just now, and no discovery. */
  isProbing = false;

  server(address: string, opinion: () => string): ApiServer {
    this.opinions.set(address, opinion);
    return { address, call: <T>(request: ApiRequest) => Promise.resolve(this.answer(address, request) as T) };
  }

  servers(...servers: ApiServer[]): ApiServers {
    const distinct = (): boolean => this.distinct;
    return {
      servers,
      get distinct() {
        return distinct();
      },
      get missingEvidence() {
        return distinct() ? [] : ["a balancer"];
      },
      count: servers.length,
      description: `${servers.length} API servers`,
      noteMixed: () => void (this.distinct = false),
    } as unknown as ApiServers;
  }

  private answer(address: string, request: ApiRequest): unknown {
    if (this.mixed && this.distinct) throw new MixedServersError("two answered");
    this.isProbing = request.method === "PATCH";
    const opinion = this.opinions.get(address)?.() ?? "";
    if (request.path === "/apis/g/v2") return { resources: [{ name: "foos", storageVersionHash: hash(opinion) }] };
    if (request.method === "GET" && request.path.endsWith("/x")) return this.object();
    if (request.method === "GET") return { metadata: {}, items: this.hasObject ? [this.object()] : [] };
    const isDry = request.query?.["dryRun"] === "All";
    if (!isDry) this.asked.push(address);
    if (this.storedAs !== opinion && this.losesFor === address) return { ...this.object(), port: undefined };
    if (this.storedAs !== opinion && !isDry) {
      this.storedAs = opinion;
      this.resourceVersion++;
    }
    return this.object();
  }

  private object() {
    return { metadata: { name: "x", resourceVersion: String(this.resourceVersion) }, port: 80 };
  }
}

function work(): { report: (message: string) => void; signal: AbortSignal; said: string[] } {
  const said: string[] = [];
  return { said, report: (message) => void said.push(message), signal: new AbortController().signal };
}

test("all agree: the object is rewritten once, then asked for through each server in turn, twice round", async () => {
  const plane = new FakeControlPlane();
  const servers = plane.servers(...["a", "b", "c"].map((address) => plane.server(address, () => "v2")));
  const { evidence, isTriedOnEach } = (await passing(awaitStorageAgreement(servers, target, work()))).result;
  expect(plane.asked).toEqual(["a", "a", "b", "c", "a", "b", "c"]);
  expect(isTriedOnEach).toBe(true);
  expect(evidence).toEqual([
    "each of 3 API servers shows v2 as the storage version of foos.g",
    "PATCH {} on x through each, 2 times round, changed nothing",
  ]);
});

test("a server whose hash lags is waited for, by name", async () => {
  const plane = new FakeControlPlane();
  const ready = Date.now() + 1_200;
  const lagging = plane.server("b", () => (Date.now() < ready ? "v1" : "v2"));
  const given = work();
  const agreeing = awaitStorageAgreement(
    plane.servers(
      plane.server("a", () => "v2"),
      lagging,
    ),
    target,
    given,
  );
  const { after } = await passing(agreeing);
  expect(given.said[0]).toBe("waiting for API server b to store foos.g as v2");
  expect(after).toBeGreaterThanOrEqual(1_200);
});

test("a server whose hash is new and whose handlers are old is caught by the probe", async () => {
  const plane = new FakeControlPlane();
  const ready = Date.now() + 1_500;
  let probing = false;
  const servers = plane.servers(
    plane.server("a", () => "v2"),
    // Discovery says v2 all along; the write does not.
    {
      ...plane.server("b", () => (probing && Date.now() < ready ? "v1" : "v2")),
      call: async <T>(request: ApiRequest) => {
        probing = request.method === "PATCH";
        const answer = (plane as never as { answer: (a: string, r: ApiRequest) => T }).answer("b", request);
        probing = false;
        return Promise.resolve(answer);
      },
    },
  );
  const given = work();
  const { after } = await passing(awaitStorageAgreement(servers, target, given));
  expect(given.said.some((message) => /b rewrote one/.test(message))).toBe(true);
  expect(after).toBeGreaterThanOrEqual(1_500);
});

test("no object: the hash, a wait, and the output says so", async () => {
  const plane = new FakeControlPlane();
  plane.hasObject = false;
  const { result, after } = await passing(
    awaitStorageAgreement(plane.servers(plane.server("a", () => "v2")), target, work()),
  );
  expect(result.evidence[1]).toBe("no object could be probed (there is none), so only discovery speaks for it");
  expect(result.isTriedOnEach).toBe(false);
  expect(after).toBe(5_000);
});

test("a balancer that deals out single requests: many fresh connections instead, and the output says what is missing", async () => {
  const plane = new FakeControlPlane();
  plane.mixed = true;
  const agreeing = awaitStorageAgreement(plane.servers(plane.server("any", () => "v2")), target, work());
  const { evidence, isTriedOnEach } = (await passing(agreeing)).result;
  expect(isTriedOnEach).toBe(false);
  expect(evidence[0]).toMatch(/^whichever API server answered shows v2/);
  expect(evidence).toContain("a balancer");
  expect(plane.asked.length).toBeGreaterThanOrEqual(20);
});

test("an abort ends the wait", async () => {
  const plane = new FakeControlPlane();
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("lost the lock")), 100);
  const waiting = awaitStorageAgreement(plane.servers(plane.server("a", () => "v1")), target, {
    report: () => undefined,
    signal: abort.signal,
  });
  await expect(passing(waiting)).rejects.toThrow("lost the lock");
});

test("served and unserved: each server, each version", async () => {
  const asked: string[] = [];
  const server = (address: string): ApiServer => ({
    address,
    call: <T>({ path }: ApiRequest) => {
      asked.push(`${address} ${path}`);
      return Promise.resolve({ resources: path.endsWith("v1") ? [] : [{ name: "foos" }] } as T);
    },
  });
  const servers = new FakeControlPlane().servers(server("a"), server("b"));
  const resource: Omit<Resource, "version"> = { group: "g", plural: "foos" };
  await awaitServedEverywhere(servers, resource, { served: ["v2"], notServed: ["v1"] }, work());
  expect(asked).toEqual(["a /apis/g/v2", "a /apis/g/v1", "b /apis/g/v2", "b /apis/g/v1"]);
});

const guard = (upTo: string, expected: () => Promise<never>, assertKept: () => Promise<void> = expected) => ({
  from: { ...target, version: "v1" },
  upTo,
  expected,
  assertKept,
});

test("an object that its conversion would lose a field of is not rewritten: no probe, and the output says why", async () => {
  const plane = new FakeControlPlane();
  const servers = plane.servers(plane.server("a", () => "v2"));
  const lossy = () => Promise.reject(new RehearsalError("the conversion loses .port"));
  const agreeing = awaitStorageAgreement(servers, { ...target, guard: guard("10", lossy) }, work());
  const { evidence } = (await passing(agreeing)).result;
  expect(plane.asked).toEqual([]);
  expect(evidence[1]).toMatch(/no object could be probed \(the conversion loses .port\)/);
  // Written since the flip, it is what is found in the new version that must have lost nothing.
  await passing(awaitStorageAgreement(servers, { ...target, guard: guard("9", lossy) }, work()));
  expect(plane.asked).toEqual([]);
  const kept = (): Promise<void> => Promise.resolve();
  await passing(awaitStorageAgreement(servers, { ...target, guard: guard("9", lossy, kept) }, work()));
  expect(plane.asked).toHaveLength(3);
});

test("what is no object's own ends the agreement", async () => {
  const plane = new FakeControlPlane();
  const servers = plane.servers(plane.server("a", () => "v2"));
  const bug = () => Promise.reject(new Error("a bug"));
  await expect(passing(awaitStorageAgreement(servers, { ...target, guard: guard("10", bug) }, work()))).rejects.toThrow(
    "a bug",
  );
});

test("a server that lags and would lose a field on the way back is not sent the write", async () => {
  const plane = new FakeControlPlane();
  plane.losesFor = "b";
  let hashed = false;
  const servers = plane.servers(
    plane.server("a", () => "v2"),
    plane.server("b", () => {
      const opinion = hashed ? "v1" : "v2";
      hashed = true;
      return opinion;
    }),
  );
  await expect(passing(awaitStorageAgreement(servers, target, work()))).rejects.toThrow(
    /PATCH {} on x through API server b would lose \.port/,
  );
  expect([plane.asked, plane.storedAs]).toEqual([["a", "a"], "v2"]);
});

describe("objects that others write all the time", () => {
  /** Every answer about `hot` is another's write. */
  const server = (times: Record<string, string>): { asked: string[]; servers: ApiServers } => {
    const asked: string[] = [];
    let written = 10;
    const object = (name: string) => ({
      metadata: {
        name,
        resourceVersion: name === "hot" ? String(++written) : "1",
        ...(times[name] !== undefined && { managedFields: [{ time: times[name] }] }),
      },
      port: name === "hot" ? written : 80,
    });
    const call = <T>({ method, path, query }: ApiRequest): Promise<T> => {
      if (path === "/apis/g/v2")
        return Promise.resolve({ resources: [{ name: "foos", storageVersionHash: hash("v2") }] } as T);
      if (method === "GET") return Promise.resolve({ metadata: {}, items: ["hot", "quiet"].map(object) } as T);
      const name = path.split("/").at(-1) ?? "";
      if (query?.["dryRun"] === undefined) asked.push(name);
      return Promise.resolve(object(name) as T);
    };
    return { asked, servers: new FakeControlPlane().servers({ address: "a", call }) };
  };

  test("what was written longest ago is probed", async () => {
    const { asked, servers } = server({ hot: "2026-01-02T00:00:00Z", quiet: "2026-01-01T00:00:00Z" });
    const { evidence } = (await passing(awaitStorageAgreement(servers, target, work()))).result;
    expect(asked).toEqual(["quiet", "quiet", "quiet"]);
    expect(evidence[1]).toMatch(/on quiet through each/);
  });

  test("an admission rule that counts each write: after half a minute discovery alone speaks, and nothing counts as tried", async () => {
    let count = 0;
    const object = () => ({ metadata: { name: "x", resourceVersion: String(count) }, count });
    const call = <T>({ method, path, query }: ApiRequest): Promise<T> => {
      if (path === "/apis/g/v2")
        return Promise.resolve({ resources: [{ name: "foos", storageVersionHash: hash("v2") }] } as T);
      if (method === "GET") return Promise.resolve({ metadata: {}, items: [object()] } as T);
      if (query?.["dryRun"] === undefined) count++;
      return Promise.resolve(object() as T);
    };
    const agreeing = awaitStorageAgreement(new FakeControlPlane().servers({ address: "a", call }), target, work());
    const { result, after } = await passing(agreeing);
    expect(after).toBeGreaterThan(30_000);
    expect(result.isTriedOnEach).toBe(false);
    expect(result.evidence[1]).toMatch(
      /^no object could be probed \(each one that was tried in 30 s was changed or deleted by somebody else, at last x at a PATCH {} through a\), so only discovery speaks for it$/,
    );
  });

  test("one that stores another version all along is still said to disagree", async () => {
    const plane = new FakeControlPlane();
    const servers = plane.servers(
      plane.server("a", () => "v2"),
      plane.server("b", () => (plane.isProbing ? "v1" : "v2")),
    );
    await expect(passing(awaitStorageAgreement(servers, target, work()), 70_000)).rejects.toThrow(
      /^API servers disagree about how foos\.g is stored: PATCH {} on x through b still changed it after 60 s/,
    );
  });

  test("what somebody wrote in between is probed again only where nothing else is left", async () => {
    const { asked, servers } = server({});
    const given = work();
    await passing(awaitStorageAgreement(servers, target, given));
    expect(asked).toEqual(["hot", "hot", "quiet", "quiet", "quiet"]);
    expect(given.said).toContainEqual(expect.stringMatching(/: somebody wrote hot meanwhile$/));
  });
});
