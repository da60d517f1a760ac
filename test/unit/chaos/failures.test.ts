import { findUnexplained, type Failure } from "../../../chaos/failures";

const KEYS = /decrypt|no matching/;
const failure = (more: Partial<Failure> = {}): Failure => ({
  server: 1,
  request: "GET /x",
  found: "500 etcdserver: leader changed",
  began: 100,
  ended: 110,
  ...more,
});

test("a failure is explained by a fault of its server, or of all, that lasts while the request does", () => {
  const unexplained = (window: { server?: number; from: number; to: number }): number =>
    findUnexplained([failure()], [window], KEYS).length;
  expect(unexplained({ from: 90, to: Infinity })).toBe(0);
  expect(unexplained({ server: 1, from: 105, to: 107 })).toBe(0);
  expect(unexplained({ server: 0, from: 90, to: Infinity })).toBe(1);
  expect(unexplained({ from: 111, to: Infinity })).toBe(1);
  expect(unexplained({ from: 0, to: 99 })).toBe(1);
});

test("no fault explains that an object cannot be decrypted", () => {
  const found = "500 no matching prefix found";
  expect(findUnexplained([failure({ found })], [{ from: 0, to: Infinity }], KEYS)).toEqual([
    "server 1: GET /x: 500 no matching prefix found",
  ]);
});

test("a list is asked again while the storage of a CRD is made anew; a write is not", () => {
  const found = "429 storage is (re)initializing";
  expect(findUnexplained([failure({ found })], [], KEYS)).toEqual([]);
  expect(findUnexplained([failure({ found, request: "POST /x" })], [], KEYS)).toHaveLength(1);
});
