import { type EtcdEntry, transactionsOf } from "../../local/cluster/etcd";

const entries = (count: number, bytes: number): EtcdEntry[] =>
  Array.from({ length: count }, (_, nth) => ({ key: `/registry/things/${nth}`, value: "x".repeat(bytes) }));

test("many keys go in transactions that etcd takes: 128 puts and 1 MiB at most, each key once", () => {
  for (const [count, bytes] of [
    [300, 10],
    [256, 10],
    [50, 100_000],
  ] as const) {
    const given = entries(count, bytes);
    const batches = [...transactionsOf(given)];
    expect(batches.flat()).toEqual(given);
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(128);
      expect(batch.reduce((sum, { key, value }) => sum + key.length + value.length, 0)).toBeLessThanOrEqual(
        1024 * 1024,
      );
    }
  }
  expect([...transactionsOf(entries(256, 10))].map(({ length }) => length)).toEqual([128, 128]);
  expect([...transactionsOf(entries(50, 100_000))]).toHaveLength(5);
});

test("what is larger than any transaction goes alone, for etcd to refuse; without entries there is no transaction", () => {
  const large = entries(2, 2_000_000);
  expect([...transactionsOf(large)]).toEqual(large.map((entry) => [entry]));
  expect([...transactionsOf([])]).toEqual([]);
});
