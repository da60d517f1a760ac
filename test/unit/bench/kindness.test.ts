import { figuresOf, figuresOfNobody, type Phase } from "../../../bench/kindness/figures";
import type { Seen } from "../../../bench/kindness/otherClient";
import { Refusals } from "../../../bench/kindness/refusals";
import type { Run } from "../../../bench/peers/figures";
import { quantile } from "../../../bench/quantile";
import type { Row } from "../../../bench/rows";
import type { ApiRequest } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { ApiError } from "../../../components/kubernetes/errors";

const run = (seconds: number, left = 0): Run => ({ seconds, processor: 1, stored: { objects: 1000, left } });
const seen = (get: number, put: number, refused = 0): Seen => ({ GET: [get], PUT: [put], refused });
const phase = (name: string, of: Partial<Phase>): Phase => ({
  subject: { name, proves: false, run: () => Promise.resolve() },
  runs: [],
  seen: [],
  refusals: [],
  ...of,
});
const found = (rows: Row[], metric: string): Row | undefined => rows.find((each) => each.metric === metric);

const nobody = phase("nobody", { runs: [run(1, 1000), run(1, 1000)], seen: [seen(2, 4), seen(4, 5)] });

test("of 100 values, 50 and 99 are at most the p50 and the p99, in whatever order they came", () => {
  const values = Array.from({ length: 100 }, (_, nth) => 100 - nth);
  expect([50, 99, 100].map((percent) => quantile(values, percent))).toEqual([50, 99, 100]);
  expect(quantile([7], 99)).toBe(7);
});

test("what another client met is told in ms, and each run against the one in which nobody migrated", () => {
  const ours = phase("ours", { runs: [run(2), run(5)], seen: [seen(3, 8), seen(4, 20, 2)] });
  const rows = figuresOf("case", ours, nobody);
  expect(found(rows, "p99 of a GET")).toMatchObject({ case: "case", subject: "ours", unit: "ms", runs: [3, 4] });
  expect(found(rows, "p99 of a GET, against nobody's")).toMatchObject({ unit: "times", runs: [1.5, 1] });
  expect(found(rows, "p50 of a PUT, against nobody's")?.runs).toEqual([2, 4]);
  expect(found(rows, "rate")).toMatchObject({ unit: "objects/s", runs: [500, 200] });
  expect(found(rows, "measured")?.runs).toEqual([2, 2]);
  expect(found(rows, "429s that the other client met")?.runs).toEqual([0, 2]);
  expect(found(rows, "429s that our pass met")).toBeUndefined();
});

test("where nobody migrates there are latencies, and no rate", () => {
  const rows = figuresOfNobody("case", nobody);
  expect(found(rows, "p50 of a PUT")?.runs).toEqual([4, 5]);
  expect(found(rows, "rate")).toBeUndefined();
});

test("a run that left objects behind gives no latency and no rate, and its objects are told", () => {
  const ours = phase("ours", { runs: [run(2, 7), run(5)], seen: [seen(1, 1), seen(8, 20)] });
  const rows = figuresOf("case", ours, nobody);
  expect(found(rows, "p50 of a GET")?.runs).toEqual([8]);
  expect(found(rows, "p50 of a GET, against nobody's")?.runs).toEqual([2]);
  expect(found(rows, "rate")?.runs).toEqual([200]);
  expect(found(rows, "not migrated, as etcd has it")?.runs).toEqual([7, 0]);
  const none = figuresOf("case", phase("ours", { runs: [run(2, 7)], seen: [seen(1, 1)] }), nobody);
  expect(none.map(({ metric }) => metric)).toEqual(["not migrated, as etcd has it"]);
});

describe("429s that a pass meets", () => {
  const request = (name: string): ApiRequest => ({ method: "PATCH", path: `/apis/g/v1/things/${name}` });
  /** Answers each request once with this, and then as it should. */
  const answering = (status: number, retryAfterSeconds: number): Cluster => {
    const asked = new Set<string>();
    const call = (sent: ApiRequest): Promise<unknown> => {
      if (asked.has(sent.path)) return Promise.resolve({ done: sent.path });
      asked.add(sent.path);
      return Promise.reject(new ApiError("no", status, "", "no", sent, retryAfterSeconds));
    };
    return { server: "https://cp", call } as unknown as Cluster;
  };

  test("are counted, and so is what is repeated before its Retry-After is over", async () => {
    const refusals = new Refusals();
    const cluster = refusals.through(answering(429, 60));
    expect(cluster.server).toBe("https://cp");
    await expect(cluster.call(request("a"))).rejects.toThrow("no");
    await expect(cluster.call(request("b"))).rejects.toThrow("no");
    expect(refusals).toMatchObject({ met: 2, early: 0 });
    expect(await cluster.call(request("a"))).toEqual({ done: request("a").path });
    expect(refusals).toMatchObject({ met: 2, early: 1 });
  });

  test("that have been waited for are not early, and other answers are none", async () => {
    const refusals = new Refusals();
    const waited = refusals.through(answering(429, 0));
    await expect(waited.call(request("a"))).rejects.toThrow("no");
    await waited.call(request("a"));
    expect(refusals).toMatchObject({ met: 1, early: 0 });
    const broken = refusals.through(answering(503, 60));
    await expect(broken.call(request("b"))).rejects.toThrow("no");
    await broken.call(request("b"));
    expect(refusals).toMatchObject({ met: 1, early: 0 });
  });
});
