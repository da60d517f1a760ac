import { ApiError } from "../../../components/kubernetes/errors";
import { retryRequest } from "../../../components/kubernetes/retry";

const HOURS_2 = 7_200_000;
const unavailable = new ApiError("no", 503, "", "no", { method: "GET", path: "/" });

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Asks a server that is away for so long, while somebody sets the wall clock after ten seconds. */
function askWhileClockMoves(awaySeconds: number, movedMs: number) {
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1_000;
  setTimeout(() => jest.setSystemTime(Date.now() + movedMs), 10_000);
  const send = () => (elapsed() < awaySeconds ? Promise.reject(unavailable) : Promise.resolve("there"));
  const asked = retryRequest({ method: "GET", path: "/" }, send, { server: "it" });
  return asked.then(
    (answer) => ({ answer, after: elapsed() }),
    () => ({ answer: "given up", after: elapsed() }),
  );
}

describe.each([
  ["forward", HOURS_2],
  ["back", -HOURS_2],
])("the clock is set %s by two hours while a server is away", (_where, movedMs) => {
  test("one that comes back within a minute is asked again until it does", async () => {
    const ended = askWhileClockMoves(40, movedMs);
    await jest.advanceTimersByTimeAsync(120_000);
    const { answer, after } = await ended;
    expect(answer).toBe("there");
    expect(after).toBeLessThan(60);
  });

  test("one that does not is given up after about a minute", async () => {
    const ended = askWhileClockMoves(Infinity, movedMs);
    await jest.advanceTimersByTimeAsync(120_000);
    const { answer, after } = await ended;
    expect(answer).toBe("given up");
    expect(after).toBeGreaterThan(50);
    expect(after).toBeLessThan(90);
  });
});
