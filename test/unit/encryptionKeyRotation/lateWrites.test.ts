import { findLateWrites } from "../../../components/encryptionKeyRotation/proof/lateWrites";
import { proveUntilNoDoubt, type Doubt } from "../../../components/encryptionKeyRotation/retire/proveAgain";
import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { ApiError } from "../../../components/kubernetes/errors";

const secrets = { group: "", version: "v1", plural: "secrets" };

interface Stored {
  name: string;
  resourceVersion: string;
  /** Its bytes are not what the server would write: the next write moves it. */
  stale?: boolean;
  /** Admission changes it at each write. */
  stamped?: boolean;
  /** Admission writes the time into it, as a number of so many milliseconds. */
  stampedEvery?: number;
  /** Not in its metadata: nothing tells of it but that it moves. */
  inContent?: boolean;
  /** Admission sets this, where it is not there. */
  defaulted?: boolean;
  /** Written between the list and its turn. */
  raced?: boolean;
  /** Written again right after each answer. */
  busy?: boolean;
  annotations?: Record<string, string>;
  content?: string;
}

/** As GuaranteedUpdate answers: the real one does in e2e/rotationGates T8. */
class FakeCluster {
  readonly patched: string[] = [];
  private revision = 100;
  private readonly live: Map<string, Stored>;

  constructor(stored: Stored[]) {
    this.live = new Map(stored.map((each) => [each.name, { ...each }]));
  }

  readonly cluster = { call: (request: ApiRequest) => this.answer(request) } as unknown as Cluster;

  private async answer(request: ApiRequest): Promise<object> {
    await Promise.resolve();
    if (request.method !== "GET") return this.patch(request);
    return { metadata: { resourceVersion: "100" }, items: [...this.live.values()].map(asAnswer) };
  }

  private patch({ path, body }: ApiRequest): object {
    const object = this.live.get(path.split("/").at(-1) ?? "");
    if (object === undefined) throw new Error(`no ${path}`);
    this.patched.push(object.name);
    if (object.raced) this.write(object, { raced: false });
    const { metadata } = body as { metadata?: { resourceVersion?: string } };
    if (metadata !== undefined && metadata.resourceVersion !== object.resourceVersion) {
      throw new ApiError("conflict", 409, "Conflict", "conflict", { method: "PATCH", path });
    }
    const before = JSON.stringify(object);
    Object.assign(object, admitted(object));
    if (object.stale || object.stamped || JSON.stringify(object) !== before) this.write(object, { stale: false });
    const answer = asAnswer(object);
    if (object.busy && this.patched.length === 2) this.write(object, {});
    return answer;
  }

  private write(object: Stored, change: Partial<Stored>): void {
    Object.assign(object, change, { resourceVersion: String(++this.revision) });
  }
}

function admitted({ stampedEvery, inContent, defaulted }: Stored): Partial<Stored> {
  if (defaulted === true) return { annotations: { team: "a" } };
  if (stampedEvery === undefined) return {};
  const time = String(Math.floor(Date.now() / stampedEvery));
  return inContent === true ? { content: time } : { annotations: { time } };
}

function asAnswer({ name, resourceVersion, annotations }: Stored): object {
  return { metadata: { name, namespace: "n", resourceVersion, ...(annotations && { annotations }) } };
}

const work = { report: () => undefined, signal: new AbortController().signal };
const look = async (fake: FakeCluster, changed = new Set<string>()): Promise<readonly string[]> => {
  const { count, named } = await findLateWrites(fake.cluster, secrets, "50", work, changed);
  expect(count).toBe(named.length);
  return named;
};

/** So that no second ends between two touches. */
const atASecondsBeginning = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 1_010 - (Date.now() % 1_000)));

test("what is older than the proof's list is not touched; what is newer is, and is found where its bytes were others", async () => {
  const fake = new FakeCluster([
    { name: "old", resourceVersion: "50", stale: true },
    { name: "new", resourceVersion: "51" },
    { name: "late", resourceVersion: "99", stale: true },
  ]);
  expect(await look(fake)).toEqual(["n/late"]);
  expect(fake.patched).toEqual(["new", "late", "late", "late"]);
});

test("the first ten are named, all are counted", async () => {
  const many = Array.from({ length: 12 }, (_, at) => ({ name: `s-${at}`, resourceVersion: "60", stale: true }));
  const { count, named } = await findLateWrites(new FakeCluster(many).cluster, secrets, "50", work);
  expect([count, named.length]).toEqual([12, 10]);
});

describe("what admission changes at each write is not taken for stale, or retire would never end", () => {
  const stampedLate: Stored = { name: "pod", resourceVersion: "60" };

  test("always something new", async () => {
    expect(await look(new FakeCluster([{ ...stampedLate, stamped: true }]))).toEqual([]);
  });

  test.each([
    ["an annotation", false],
    ["content of which no metadata tells", true],
  ])("the time to the second, in %s: another second tells", async (_, inContent) => {
    await atASecondsBeginning();
    const fake = new FakeCluster([{ ...stampedLate, stampedEvery: 1_000, inContent }]);
    expect(await look(fake)).toEqual([]);
    expect(fake.patched).toHaveLength(3);
  });

  test("the time to the day: the next look tells, since every object was rewritten in between", async () => {
    const day = 86_400_000;
    const changed = new Set<string>();
    const fake = (): FakeCluster => new FakeCluster([{ ...stampedLate, stampedEvery: day }]);
    expect(await look(fake(), changed)).toEqual(["n/pod"]);
    expect(await look(fake(), changed)).toEqual([]);
  });
});

describe("what was under another key is found, whatever else is true of it", () => {
  test("admission changes it once", async () => {
    const fake = new FakeCluster([{ name: "late", resourceVersion: "60", stale: true, defaulted: true }]);
    expect(await look(fake)).toEqual(["n/late"]);
  });

  test("somebody writes it before it is touched the third time", async () => {
    const fake = new FakeCluster([{ name: "late", resourceVersion: "60", stale: true, busy: true }]);
    expect(await look(fake)).toEqual(["n/late"]);
  });

  test("it was found by the last look as well, and nothing of it but its bytes is another", async () => {
    const changed = new Set<string>();
    for (let nth = 0; nth < 2; nth++) {
      expect(await look(new FakeCluster([{ name: "late", resourceVersion: "60", stale: true }]), changed)).toEqual([
        "n/late",
      ]);
    }
  });
});

test("one that somebody wrote meanwhile is under the first key, and is rewritten once more to be sure", async () => {
  const fake = new FakeCluster([{ name: "lease", resourceVersion: "60", raced: true }]);
  expect(await look(fake)).toEqual([]);
  expect(fake.patched).toEqual(["lease", "lease"]);
});

describe("right before keys go, what is doubtful is proven again until a look finds nothing", () => {
  /** How it went, where so many looks find something. */
  async function went(doubtfulLooks: number): Promise<{ steps: string; error?: string }> {
    let looks = 0;
    const steps: string[] = [];
    const step = (name: string) => () => Promise.resolve(void steps.push(name));
    const doubt = { resource: { name: "secrets" }, why: "perhaps under another key: n/s-1" } as Doubt;
    const doubts = (): Doubt[] => (looks++ < doubtfulLooks ? [doubt] : []);
    const looking = (): Promise<{ doubts: Doubt[] }> =>
      Promise.resolve(void steps.push("look")).then(() => ({ doubts: doubts() }));
    return proveUntilNoDoubt(step("wait"), looking, step("prove")).then(
      () => ({ steps: steps.join(" ") }),
      (error: Error) => ({ steps: steps.join(" "), error: error.message }),
    );
  }

  test("each time after another wait", async () => {
    expect(await went(0)).toEqual({ steps: "wait look" });
    expect(await went(2)).toEqual({ steps: "wait look prove wait look prove wait look" });
    expect((await went(3)).error).toBeUndefined();
  });

  test("but three times at most: then it is an error that names the objects and what to do", async () => {
    const { steps, error } = await went(4);
    expect(steps).toBe("wait look prove wait look prove wait look prove wait look");
    expect(error).toMatch(
      /^after 3 more proofs .* nothing is retired:\n {4}secrets: perhaps under another key: n\/s-1\n {2}expected: .*\n {2}why: .*\n {2}next: .*mutating webhook/,
    );
  });
});
