import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { ApiError, TerminalError, UnreachableError } from "../../../components/kubernetes/errors";
import { withLock } from "../../../components/kubernetes/lock";
import type { Hold } from "../../../components/kubernetes/lockHold";

// A clock and lost answers no real API server would give; e2e/badDays has the same lock on a real one.
beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

interface Lease {
  metadata: { name: string; resourceVersion: string };
  spec: { holderIdentity: string; leaseTransitions?: number };
}

/** One Lease, stored as the API server stores it; `before` may hold a request up, `after` may lose its answer. */
class FakeLease {
  lease: Lease | undefined;
  readonly requests: ApiRequest[] = [];
  before: (request: ApiRequest) => Promise<void> = () => Promise.resolve();
  after: (request: ApiRequest) => Promise<void> = () => Promise.resolve();

  readonly cluster = {
    call: async (request: ApiRequest): Promise<unknown> => {
      this.requests.push(request);
      await this.before(request);
      const answer = this.answer(request);
      await this.after(request);
      return answer;
    },
  } as unknown as Cluster;

  /** Someone else writes it. */
  takenBy(holderIdentity: string): void {
    this.write({ ...(this.lease as Lease), spec: { holderIdentity } });
  }

  get renewals(): number {
    return this.requests.filter(({ method }) => method === "PUT").length;
  }

  private answer({ method, body }: ApiRequest): Lease {
    const given = body as Lease;
    if (method === "POST") return this.write(given);
    if (this.lease === undefined) throw refusal(404);
    if (method === "GET") return this.lease;
    if (given.metadata.resourceVersion !== this.lease.metadata.resourceVersion) throw refusal(409);
    return this.write(given);
  }

  private write(lease: Lease): Lease {
    const resourceVersion = String(Number(this.lease?.metadata.resourceVersion ?? "0") + 1);
    return (this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion } });
  }
}

function refusal(status: number): ApiError {
  return new ApiError(`answered ${status}`, status, "", "", { method: "PUT", path: "" });
}

const unreachable = (): Promise<never> => Promise.reject(new UnreachableError("no answer within 4 s", "TIMEOUT"));
const after = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Work that goes on until it is told to stop, or for so long. @returns what came of it, when it was first told to stop, how often it began */
async function hold(lease: FakeLease, milliseconds: number, { obedient = true } = {}) {
  const began = Date.now();
  let stoppedAfter: number | undefined;
  let begun = 0;
  const work = async (signal: AbortSignal): Promise<string> => {
    begun++;
    signal.addEventListener("abort", () => (stoppedAfter ??= Date.now() - began));
    await (obedient
      ? Promise.race([after(milliseconds), new Promise((resolve) => signal.addEventListener("abort", resolve))])
      : after(milliseconds));
    return "done";
  };
  const outcome = withLock(lease.cluster, "foos.g", "me", () => undefined, work).catch((error: Error) => error.message);
  await jest.advanceTimersByTimeAsync(5 * milliseconds + 150_000);
  return { outcome: await outcome, stoppedAfter, begun };
}

test("held and renewed each five seconds, then let go of", async () => {
  const lease = new FakeLease();
  expect(await hold(lease, 21_000)).toEqual({ outcome: "done", stoppedAfter: undefined, begun: 1 });
  expect(lease.renewals).toBe(5);
  expect(lease.lease?.spec.holderIdentity).toBe("");
});

test("every write is limited to a few seconds: one that lands late would prolong a hold that is over", async () => {
  const lease = new FakeLease();
  await hold(lease, 6_000);
  expect(lease.requests.map(({ method }) => method)).toEqual(["GET", "POST", "PUT", "PUT"]);
  for (const { timeoutSeconds = Infinity } of lease.requests) expect(timeoutSeconds).toBeLessThanOrEqual(4);
});

/** Renewals fail in this way; whoever takes the lock again is let through. */
function renewalsFail(lease: FakeLease, how: () => Promise<void>, forMs = Infinity): void {
  const until = Date.now() + forMs;
  const isRenewal = ({ method, body }: ApiRequest): boolean =>
    method === "PUT" && (body as Lease).spec.leaseTransitions === lease.lease?.spec.leaseTransitions;
  lease.before = (request) => (isRenewal(request) && Date.now() < until ? how() : after(0));
}

test("the hold counts from before the write was sent, not from its answer", async () => {
  const lease = new FakeLease();
  renewalsFail(lease, unreachable);
  const { before } = lease;
  lease.before = (request) => (request.method === "POST" ? after(3_900) : before(request));
  const { stoppedAfter } = await hold(lease, 60_000);
  expect(stoppedAfter).toBeGreaterThan(10_000 - 3_900);
  expect(stoppedAfter).toBeLessThanOrEqual(12_000);
});

test("the time that a request may take is told in tenths of a second", async () => {
  const lease = new FakeLease();
  lease.before = ({ method }) => after(method === "POST" ? 3_333 : 0);
  await hold(lease, 6_000);
  expect(lease.requests.map(({ timeoutSeconds }) => timeoutSeconds)).toEqual([4, 4, 3.6, 4]);
});

test("a conflict is no renewal: whoever waits counts from the write before, so the next one follows at once", async () => {
  const lease = new FakeLease();
  let puts = 0;
  // The first renewal lands, its answer is lost; from then on nothing lands.
  lease.after = ({ method }) => {
    if (method !== "PUT" || ++puts !== 1) return after(0);
    renewalsFail(lease, () => Promise.reject(refusal(409)));
    return unreachable();
  };
  const { stoppedAfter } = await hold(lease, 60_000);
  expect(stoppedAfter).toBeGreaterThan(5_000);
  expect(stoppedAfter).toBeLessThanOrEqual(12_000);
});

test("not renewed in time and taken by nobody: the work is told to stop, the lock taken again and the work begun anew", async () => {
  const lease = new FakeLease();
  renewalsFail(lease, unreachable, 20_000);
  const { outcome, begun } = await hold(lease, 30_000);
  expect({ outcome, begun }).toEqual({ outcome: "done", begun: 2 });
  expect(lease.lease?.spec.holderIdentity).toBe("");
});

test("not renewed in time and taken by another one, who lives: the work does not begin anew", async () => {
  const lease = new FakeLease();
  renewalsFail(lease, unreachable);
  for (let second = 14; second < 60; second += 5) {
    setTimeout(() => lease.takenBy("store of them 0a1b2c3d"), second * 1_000);
  }
  const work = { obedient: false }; // too slow to look at its signal: the other one waits for nobody
  const { outcome, begun } = await hold(lease, 20_000, work);
  expect({ outcome, begun }).toEqual({
    outcome: expect.stringMatching(/^another rollout of foos.g is running/),
    begun: 1,
  });
  expect(lease.lease?.spec.holderIdentity).toBe("store of them 0a1b2c3d");
});

test("a lock that is never renewed in time ends the run: what, why and what to do", async () => {
  const lease = new FakeLease();
  renewalsFail(lease, unreachable);
  const { outcome, begun } = await hold(lease, 60_000);
  expect(begun).toBe(5);
  expect(outcome).toBe(
    [
      "the lock of foos.g was not renewed within 12 s (no answer within 4 s), 5 times in this run, so it stops",
      "  expected: a renewal each five seconds",
      "  why:      the API server does not answer, or this machine stands still, for longer than another rollout waits",
      "  next:     see that both have processor time, then run this again: it goes on from what the cluster holds",
    ].join("\n"),
  );
});

test("what must not be tried again is not, although the lock was lost meanwhile: the run ends with its error", async () => {
  const lease = new FakeLease();
  renewalsFail(lease, unreachable, 20_000);
  let begun = 0;
  const work = async (): Promise<string> => {
    begun++;
    await after(14_000); // as where the file that was written keeps the one API server from starting
    throw new TerminalError("refused, and the last good file is back");
  };
  const outcome = withLock(lease.cluster, "foos.g", "me", () => undefined, work).catch((error: Error) => error.message);
  await jest.advanceTimersByTimeAsync(300_000);
  expect([await outcome, begun]).toEqual(["refused, and the last good file is back", 1]);
});

test("a renewal whose answer got lost is made good by the next one", async () => {
  const lease = new FakeLease();
  let puts = 0;
  lease.after = ({ method }) => (method === "PUT" && ++puts === 1 ? unreachable() : after(0));
  expect(await hold(lease, 30_000)).toEqual({ outcome: "done", stoppedAfter: undefined, begun: 1 });
});

test.each([
  ["answered 504", () => Promise.reject(refusal(504))],
  ["lost", unreachable],
])(
  "an answer to the taking that is %s: it is looked at who holds the lock, and held from a write that is known to have landed",
  async (_, bad) => {
    for (const lands of [true, false]) {
      const lease = new FakeLease();
      let writes = 0;
      const once = ({ method }: ApiRequest): Promise<void> => (method !== "GET" && ++writes === 1 ? bad() : after(0));
      if (lands) lease.after = once;
      else lease.before = once;
      expect(await hold(lease, 21_000)).toEqual({ outcome: "done", stoppedAfter: undefined, begun: 1 });
      expect(lease.requests.map(({ method }) => method).slice(0, 4)).toEqual([
        "GET",
        "POST",
        "GET",
        lands ? "PUT" : "POST",
      ]);
    }
  },
);

test("taken by another one: the work is told to stop, and by whom", async () => {
  const lease = new FakeLease();
  setTimeout(() => lease.takenBy("store of them 0a1b2c3d"), 7_000);
  const { outcome, stoppedAfter } = await hold(lease, 60_000);
  expect(outcome).toMatch(/store of them took it/);
  expect(stoppedAfter).toBeLessThanOrEqual(10_000);
  expect(lease.lease?.spec.holderIdentity).toBe("store of them 0a1b2c3d");
});

test("freed by somebody else, as by hand: the work is told to stop, and the error says that nobody has it", async () => {
  const lease = new FakeLease();
  setTimeout(() => lease.takenBy(""), 7_000);
  const { outcome, begun } = await hold(lease, 60_000);
  expect(outcome).toMatch(/^the lock of foos.g is lost, so this run stops: its Lease names no holder any more$/m);
  expect(begun).toBe(1);
});

test("work that succeeds although the lock was lost counts for nothing: it may have run beside another rollout", async () => {
  const lease = new FakeLease();
  renewalsFail(lease, unreachable, 15_000);
  expect(await hold(lease, 20_000, { obedient: false })).toMatchObject({ outcome: "done", begun: 2 });
});

test("a machine that slept has lost the lock, whatever its monotonic clock says", async () => {
  const lease = new FakeLease();
  let begun = 0;
  const work = (): Promise<string> => {
    // As after a laptop's lid: no timer has run meanwhile.
    if (++begun === 1) jest.setSystemTime(Date.now() + 60_000);
    return Promise.resolve(`done, begun ${begun} times`);
  };
  const outcome = withLock(lease.cluster, "foos.g", "me", () => undefined, work);
  await jest.advanceTimersByTimeAsync(5_000);
  expect(await outcome).toBe("done, begun 2 times");
});

test("an error of the work stays that error while the lock is held", async () => {
  const lease = new FakeLease();
  const outcome = withLock(
    lease.cluster,
    "foos.g",
    "me",
    () => undefined,
    () => Promise.reject(new Error("mine")),
  );
  await expect(outcome).rejects.toThrow("mine");
});

describe("asked right before a write that no precondition guards", () => {
  /** What each of the two answers in the first hold: "yes", or the error. */
  async function asked(lease: FakeLease, before: () => Promise<void>): Promise<{ held?: string; notTaken?: string }> {
    const said: { held?: string; notTaken?: string } = {};
    const answerOf = (asking: Promise<void>): Promise<string> =>
      asking.then(
        () => "yes",
        (error: Error) => error.message.split("\n")[0] ?? "",
      );
    const work = async (_: AbortSignal, lock: Hold): Promise<void> => {
      if (said.held !== undefined) return;
      await before();
      said.notTaken = await answerOf(lock.assertNotTaken());
      said.held = await answerOf(lock.assertHeld());
    };
    const ended = withLock(lease.cluster, "foos.g", "me", () => undefined, work).catch(() => undefined);
    await jest.advanceTimersByTimeAsync(120_000);
    await ended;
    return said;
  }
  const unanswered = (lease: FakeLease): void => {
    lease.before = ({ method }) => (method === "POST" ? after(0) : unreachable());
  };

  test("while it is held: yes", async () => {
    expect(await asked(new FakeLease(), () => after(20_000))).toEqual({ held: "yes", notTaken: "yes" });
  });

  test("taken by another one, before a renewal has met it: no, and by whom", async () => {
    const lease = new FakeLease();
    const lost = "the lock of foos.g is lost, so this run stops: store of them took it";
    const taken = (): Promise<void> => Promise.resolve(lease.takenBy("store of them 0a1b2c3d"));
    expect(await asked(lease, taken)).toEqual({ held: lost, notTaken: lost });
  });

  test("taken and let go of: no", async () => {
    const lease = new FakeLease();
    const lost = expect.stringMatching(/its Lease names no holder any more/);
    expect(await asked(lease, () => Promise.resolve(lease.takenBy("")))).toEqual({ held: lost, notTaken: lost });
  });

  test("this process stood still, and no timer has told so yet: it is not held, and not taken either", async () => {
    const stoodStill = (): Promise<void> => Promise.resolve(void jest.setSystemTime(Date.now() + 60_000));
    expect(await asked(new FakeLease(), stoodStill)).toEqual({
      held: "the lock of foos.g was not renewed within 12 s",
      notTaken: "yes",
    });
  });

  test("this process stands still while it asks: the answer is too old", async () => {
    const lease = new FakeLease();
    let gets = 0;
    lease.after = ({ method }) => {
      // The first is of assertNotTaken; that of acquire finds nothing.
      if (method === "GET" && ++gets === 2) jest.setSystemTime(Date.now() + 60_000);
      return after(0);
    };
    expect((await asked(lease, () => after(0))).held).toBe("the lock of foos.g was not renewed within 12 s");
  });

  test("no answer: not known to be held, nor to be taken", async () => {
    const lease = new FakeLease();
    const said = await asked(lease, () => Promise.resolve(unanswered(lease)));
    expect(said).toEqual({ held: "no answer within 4 s", notTaken: "yes" });
  });
});
