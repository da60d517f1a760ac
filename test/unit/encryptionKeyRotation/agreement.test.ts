import { judgeFileAgreement, type Expectation } from "../../../components/encryptionKeyRotation/servers/fileAgreement";
import type { Reported } from "../../../components/encryptionKeyRotation/servers/reports";
import type { ReportedServer } from "../../../components/kubernetes/encryptionReport";

const NEW = "b".repeat(64);
const OLD = `sha256:${"a".repeat(64)}`;
const server = (host: string, given: Partial<ReportedServer> = {}): ReportedServer => ({
  host,
  address: `${host}:6443`,
  started: "1",
  reloads: 3,
  failures: 1,
  keyIds: {},
  ...given,
});
const reported = (...servers: ReportedServer[]): Reported => ({ servers, description: "", missing: [] });
const judged = (now: ReportedServer[], since: ReportedServer[] | undefined, given: Partial<Expectation> = {}) =>
  judgeFileAgreement(reported(...now), {
    sha256: NEW,
    decommissioned: [],
    leases: now.map(({ host }) => host),
    since: since && reported(...since),
    ...given,
  });
const hash = `sha256:${NEW}`;

describe("servers that tell their hash", () => {
  const before = [server("cp-1", { hash: OLD }), server("cp-2", { hash: OLD })];
  test("all have it: loaded, with or without a look from before", () => {
    const now = [server("cp-1", { hash, reloads: 4 }), server("cp-2", { hash, reloads: 4 })];
    expect(judged(now, before)).toEqual({ kind: "loaded" });
    expect(judged(now, undefined)).toEqual({ kind: "loaded" });
  });
  test("one lags: by name, and with what it runs", () => {
    expect(judged([server("cp-1", { hash }), server("cp-2", { hash: OLD })], before)).toEqual({
      kind: "lagging",
      lag: "cp-2 runs with sha256:aaaaaaaaaaaa",
    });
  });
  test("one refused: failed at once, although another one lags", () => {
    const now = [server("cp-1", { hash: OLD }), server("cp-2", { hash: OLD, failures: 2 })];
    expect(judged(now, before)).toEqual({ kind: "failed", host: "cp-2" });
  });
  test("a failure from before the write is none of this file's", () => {
    expect(judged([server("cp-1", { hash: OLD })], [server("cp-1", { hash: OLD })])).toMatchObject({ kind: "lagging" });
  });
  test("a new process counts from nothing: its first failure is this file's", () => {
    const now = [server("cp-1", { hash: OLD, started: "2", failures: 1 })];
    expect(judged(now, [server("cp-1", { hash: OLD, failures: 5 })])).toEqual({ kind: "failed", host: "cp-1" });
  });
  test("one that refused and has it all the same, as after a KMS plugin came up late: loaded", () => {
    expect(judged([server("cp-1", { hash, failures: 9 })], [server("cp-1", { hash: OLD })])).toEqual({
      kind: "loaded",
    });
  });
});

describe("servers that tell no hash, before 1.34", () => {
  test.each<[string, Partial<ReportedServer>, object]>([
    ["reloaded since", { reloads: 4 }, { kind: "loaded" }],
    ["restarted since", { started: "2", reloads: 0, failures: 0 }, { kind: "loaded" }],
    ["refused it", { failures: 2 }, { kind: "failed", host: "cp-1" }],
    [
      "nothing happened",
      {},
      { kind: "lagging", lag: expect.stringMatching(/^cp-1 was neither restarted nor reloaded/) },
    ],
  ])("%s", (_, change, expected) => {
    expect(judged([server("cp-1", change)], [server("cp-1")])).toEqual(expected);
  });
  test("without a look from before, a counter says nothing", () => {
    expect(judged([server("cp-1")], undefined)).toEqual({
      kind: "lagging",
      lag: expect.stringMatching(/^cp-1 does not tell which file it loaded/),
    });
  });
  test.each<[string, number, number, string]>([
    ["never loaded the other file", 3, 1, "loaded"],
    ["refused the other file", 3, 2, "loaded"],
    ["loaded the other file, and not yet this one", 4, 1, "lagging"],
    ["loaded the other file and then this one", 5, 1, "loaded"],
  ])("a file that was put back, and a server that %s", (_, reloads, failures, kind) => {
    const since: Reported = { ...reported(server("cp-1")), restored: true };
    expect(judged([server("cp-1", { reloads, failures })], undefined, { since })).toMatchObject({ kind });
  });
  test("a server known by its address first, and by its host since its first reload, is one", () => {
    const before = server("10.0.0.1:6443", { address: "10.0.0.1:6443", reloads: 0 });
    const now = server("cp-1", { address: "10.0.0.1:6443", reloads: 1 });
    expect(judged([now], [before])).toEqual({ kind: "loaded" });
  });
  test("several behind one address that names none of them are never taken for loaded", () => {
    const now = [server("lb", { started: "1" }), server("lb", { started: "2" })];
    expect(judged(now, [server("lb", { started: "3" })])).toMatchObject({
      kind: "lagging",
      lag: expect.stringContaining("several API servers answer as one"),
    });
  });
});

test("one that could tell its hash and has none runs without encryption: a restart is no sign of the file", () => {
  const now = [server("cp-1", { hash }), server("cp-2", { started: "2", reloads: 0, failures: 0, unencrypted: true })];
  expect(judged(now, [server("cp-1"), server("cp-2")])).toEqual({
    kind: "lagging",
    lag: "cp-2 runs without --encryption-provider-config",
  });
});

describe("how many there are", () => {
  test("one with a Lease that gave no metrics holds", () => {
    expect(judged([server("cp-1", { hash })], undefined, { leases: ["cp-1", "cp-2"] })).toMatchObject({
      kind: "lagging",
    });
  });
  test("one that answered where nobody could be told is not missed, once everybody is", () => {
    const anyone = server("balancer:6443", { hash: OLD, anonymous: true });
    const now = [server("cp-1", { hash })];
    expect(judged(now, [server("cp-1", { hash: OLD }), anyone])).toEqual({ kind: "loaded" });
    expect(judged(now, [anyone], { leases: [] })).toMatchObject({ kind: "lagging" });
  });
  test("one that was there before the write and is not now holds, until it is declared decommissioned", () => {
    const before = [server("cp-1"), server("cp-2")];
    expect(judged([server("cp-1", { hash })], before)).toEqual({
      kind: "lagging",
      lag: "cp-2 is not there any more",
      next: expect.stringContaining('set decommissionedServers: ["cp-2"]'),
    });
    expect(judged([server("cp-1", { hash })], before, { decommissioned: ["cp-2"] })).toEqual({ kind: "loaded" });
  });
  test("one that was added since counts like the others", () => {
    const added = [server("cp-1", { hash }), server("cp-3", { hash: OLD })];
    expect(judged(added, [server("cp-1")])).toMatchObject({ kind: "lagging" });
  });
});
