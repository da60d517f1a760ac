import { Pace } from "../../../components/migration/rewrite/pace";

const after = (pace: Pace, objects: number, milliseconds: number): number => {
  for (let index = 0; index < objects; index++) pace.finished(milliseconds);
  return pace.limit;
};

test("a server that keeps up is given more, up to a limit", () => {
  expect(after(new Pace(), 10_000, 5)).toBe(32);
});

test("once latency is many times the best seen, it is only queueing: fewer, but never under four", () => {
  const pace = new Pace();
  expect(after(pace, 200, 5)).toBeGreaterThan(4);
  expect(after(pace, 10_000, 100)).toBe(4);
});

test("429 halves it, down to one at a time, and it recovers", () => {
  const pace = new Pace();
  after(pace, 10_000, 5);
  pace.slowDown();
  expect(pace.limit).toBe(16);
  for (let again = 0; again < 10; again++) pace.slowDown();
  expect(pace.limit).toBe(1);
  expect(after(pace, 10_000, 5)).toBe(32);
});
