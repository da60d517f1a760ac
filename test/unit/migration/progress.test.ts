import { progressDuration, Progress, progressLine } from "../../../components/migration/rewrite/progress";

test.each<[Parameters<typeof progressLine>, string]>([
  [[41_200, 120_000, 430, 2], "41,200 / 120,000 · 430/s · 3 min left · 2 failed"],
  [[0, 5, 0, 0], "0 / 5"],
  [[5, 5, 100, 0], "5 / 5 · 100/s"],
  [[7, 5, 100, 0], "7 / 7 · 100/s"],
  [[10, 100, 0.5, 0], "10 / 100 · 3 min left"],
])("%j", (values, expected) => {
  expect(progressLine(...values)).toBe(expected);
});

test.each([
  [0.2, "1 s"],
  [40, "40 s"],
  [100, "2 min"],
  [7_500, "2 h 5 min"],
])("%d seconds: %s", (seconds, expected) => {
  expect(progressDuration(seconds)).toBe(expected);
});

test("it speaks at most once a second, and of the rate of the last ten", () => {
  let now = 0;
  const said: string[] = [];
  const progress = new Progress(
    "rewriting",
    (message) => void said.push(message),
    () => now,
  );
  // 100/s for 20 s, then 10/s for 20 s.
  for (let done = 0; now < 40_000; now += 100) {
    done += now < 20_000 ? 10 : 1;
    progress.update(done, 10_000, 0);
  }
  expect(said.length).toBeLessThanOrEqual(40);
  expect(said[15]).toMatch(/ · 100\/s · /);
  expect(said.at(-1)).toMatch(/ · 10\/s · /);
});

test("a request that waits is told beside the last count, at most once a second; a short wait is not", () => {
  let now = 0;
  const said: string[] = [];
  const progress = new Progress(
    "rewriting",
    (message) => void said.push(message),
    () => now,
  );
  now = 1_000;
  progress.update(5, 10, 0);
  progress.waiting(2_000, "HTTP 429"); // within the second that told the count
  now = 2_000;
  progress.waiting(100, "HTTP 409");
  progress.waiting(2_000, "HTTP 429");
  progress.waiting(2_000, "HTTP 429");
  now = 3_000;
  progress.update(7, 10, 0);
  expect(said).toEqual([
    "rewriting 5 / 10 · 5/s · 1 s left",
    "rewriting 5 / 10 · 5/s · 1 s left: waiting 2 s after HTTP 429",
    "rewriting 7 / 10 · 2/s · 1 s left",
  ]);
});
