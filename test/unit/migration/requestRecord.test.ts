import {
  requestRecordOfVersions,
  requestsSinceRecord,
  type RequestRecord,
} from "../../../components/migration/usage/requestRecord";

const AT = 1_000_000;
const server = (startedAt: number, writes: number, others: number) => ({
  startedAt,
  byVersion: { v1: { writes, others } },
});
const record = (servers: RequestRecord["servers"], at = AT): RequestRecord => ({ at, servers });
const before = record({ a: server(500, 10, 100), b: server(600, 20, 200) });

test("the same processes: what each has counted since, added up", () => {
  const now = record({ a: server(500, 11, 100), b: server(600, 22, 205) });
  expect(requestsSinceRecord(before, now, "v1")).toEqual({ writes: 3, others: 5, isComplete: true });
});

test("a version of which nothing was counted then", () => {
  const now = record({ a: { startedAt: 500, byVersion: { v2: { writes: 1, others: 2 } } }, b: server(600, 20, 200) });
  expect(requestsSinceRecord(before, now, "v2")).toEqual({ writes: 1, others: 2, isComplete: true });
});

test("started anew in between: all that it has counted, and what it had before is lost", () => {
  const now = record({ a: server(1_100, 4, 7), b: server(600, 20, 200) });
  expect(requestsSinceRecord(before, now, "v1")).toEqual({ writes: 4, others: 7, isComplete: false });
});

test("gone: what it had counted is lost", () => {
  const now = record({ b: server(600, 21, 200) });
  expect(requestsSinceRecord(before, now, "v1")).toEqual({ writes: 1, others: 0, isComplete: false });
});

test("one that ran and was not reached then is not blamed for what came before", () => {
  const now = record({ ...before.servers, c: server(700, 50, 50), d: server(1_001, 2, 3) });
  expect(requestsSinceRecord(before, now, "v1")).toEqual({ writes: 2, others: 3, isComplete: false });
});

test("what is kept has the versions asked for alone, servers in order", () => {
  const kept = requestRecordOfVersions(record({ b: server(600, 20, 200), a: server(500, 1, 2) }), ["v0"]);
  expect(JSON.stringify(kept)).toBe(
    '{"at":1000000,"servers":{"a":{"startedAt":500,"byVersion":{"v0":{"writes":0,"others":0}}},"b":{"startedAt":600,"byVersion":{"v0":{"writes":0,"others":0}}}}}',
  );
});
