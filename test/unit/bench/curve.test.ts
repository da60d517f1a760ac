import { copiesOf } from "../../../bench/curve/copies";
import { assertRewritten, describeLeft, figuresOf, type Run } from "../../../bench/curve/figures";
import { nameOf, type Point, pointsOf } from "../../../bench/curve/points";

const point: Point = { part: "objects", objects: 1_000, bytes: 1_000, namespaces: 1 };
const run = (seconds: number, peakMemory = 70): Run => {
  return { visited: 1_000, rewritten: 1_000, seconds, peakMemory, processor: 3 };
};
const stored = JSON.stringify({
  apiVersion: "bench.example.com/v1",
  kind: "Widget",
  metadata: { name: "widget-0", namespace: "default", uid: "u", managedFields: [{ manager: "bench" }] },
  spec: { size: 1, notes: [""] },
});
const copies = (of: Partial<Point>) =>
  [...copiesOf(stored, { ...point, ...of })].map(({ key, value }) => ({
    key,
    bytes: value.length,
    object: JSON.parse(value) as { metadata: Record<string, unknown>; spec: Record<string, unknown> },
  }));

test("the whole curve: objects, size, namespaces, and webhooks beside none", () => {
  expect(pointsOf(undefined, 200_000).map(nameOf)).toEqual([
    "objects: 1,000 objects of 1 kB",
    "objects: 10,000 objects of 1 kB",
    "objects: 50,000 objects of 1 kB",
    "objects: 200,000 objects of 1 kB",
    "size: 5,000 objects of 1 kB",
    "size: 1,000 objects of 100 kB",
    "namespaces: 5,000 objects of 1 kB, 1 namespace",
    "namespaces: 5,000 objects of 1 kB, 50 namespaces",
    "namespaces: 5,000 objects of 1 kB, 500 namespaces",
    "webhook: 2,000 objects of 1 kB, conversion None",
    "webhook: 2,000 objects of 1 kB, webhook",
    "webhook: 2,000 objects of 1 kB, webhook of 5 ms",
    "webhook: 2,000 objects of 1 kB, webhook of 5 ms, guarded",
  ]);
});

test("with fewer objects at most, points that become the same are one; parts are chosen by their names", () => {
  expect(pointsOf(["objects", "size"], 1_500).map(nameOf)).toEqual([
    "objects: 1,000 objects of 1 kB",
    "objects: 1,500 objects of 1 kB",
    "size: 1,500 objects of 1 kB",
    "size: 1,000 objects of 100 kB",
  ]);
  expect(pointsOf(["namespaces"], 10).map(nameOf)).toEqual([
    "namespaces: 10 objects of 1 kB, 1 namespace",
    "namespaces: 10 objects of 1 kB, 10 namespaces",
  ]);
  expect(() => pointsOf(["colour"], 1)).toThrow('case is "colour"; expected one of objects, size, namespaces, webhook');
});

test("each copy is as large as the point says, to a line of its notes, and otherwise what the API server stored", () => {
  for (const bytes of [1_000, 100_000]) {
    for (const copy of copies({ bytes, objects: 20 })) {
      expect(copy.bytes).toBeGreaterThan(bytes - 100);
      expect(copy.bytes).toBeLessThan(bytes + 100);
      expect(copy.object).toMatchObject({
        apiVersion: "bench.example.com/v1",
        metadata: { managedFields: [{ manager: "bench" }] },
        spec: { size: 1 },
      });
    }
  }
});

test("each copy has a name, a uid and a key of its own, spread evenly over the namespaces", () => {
  const found = copies({ objects: 100, namespaces: 4 });
  const metadata = found.map(({ object }) => object.metadata);
  expect(new Set(found.map(({ key }) => key)).size).toBe(100);
  expect(new Set(metadata.map(({ uid }) => uid)).size).toBe(100);
  for (const namespace of ["default", "bench-1", "bench-2", "bench-3"])
    expect(metadata.filter((each) => each["namespace"] === namespace)).toHaveLength(25);
  for (const { key, object } of found)
    expect(key).toBe(
      `/registry/bench.example.com/widgets/${String(object.metadata["namespace"])}/${String(object.metadata["name"])}`,
    );
});

test("a point's figures are medians over its runs, by the pass's own time", () => {
  const rows = figuresOf(point, [run(10, 60), run(40, 90), run(20, 80)]);
  expect(rows.map(({ metric, median, unit }) => `${metric}: ${median} ${unit}`)).toEqual([
    "rate: 50 objects/s",
    "peak memory: 80 MiB",
    "processor time of the API server per object: 3 ms",
  ]);
  expect(rows.every((row) => row.case === nameOf(point))).toBe(true);
});

test("a pass that wrote less than every object, or an etcd that holds another number or an old one, gives no figure", () => {
  const whole = { objects: 1_000, left: 0 };
  expect(() => assertRewritten(point, run(1), whole)).not.toThrow();
  expect(() => assertRewritten(point, { ...run(1), rewritten: 999 }, whole)).toThrow("rewrote 999 objects");
  expect(() => assertRewritten(point, run(1), { ...whole, left: 1 })).toThrow("1 of them in the old version");
  const fewer = { ...run(1), rewritten: 900 };
  expect(() => assertRewritten(point, fewer, { objects: 900, left: 0 })).toThrow("expected 1000 rewritten");
});

test("what is left is told by the rate of all passes so far", () => {
  expect(describeLeft(4_000, [run(10), run(30)])).toBe("the passes that are left take about 80 s");
  expect(describeLeft(0, [run(10)])).toBe("no pass is left");
});
