import { secondsOfRequestsInFlight, waitForRequestsInFlight } from "../../../components/migration/servers/inFlight";

test.each([
  [60, 66],
  [3, 4],
  [600, 660],
])("requests in flight for --request-timeout %d s: %d s", (timeout, expected) => {
  expect(secondsOfRequestsInFlight(timeout)).toBe(expected);
});

test.each([
  ["forward", 3_600_000],
  ["back", -3_600_000],
])("a clock that is set %s by an hour meanwhile changes nothing: it lasts as long", async (_way, by) => {
  jest.useFakeTimers();
  const began = performance.now();
  setTimeout(() => jest.setSystemTime(Date.now() + by), 10_000);
  let after = 0;
  void waitForRequestsInFlight(60, { report: () => undefined, signal: new AbortController().signal }).then(
    () => (after = performance.now() - began),
  );
  await jest.advanceTimersByTimeAsync(120_000);
  jest.useRealTimers();
  expect(after).toBeCloseTo(66_000, -2);
});
