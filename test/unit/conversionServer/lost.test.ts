import { setTimeout as sleep } from "node:timers/promises";
import { naughty, reviewOf, selfie, startBundle, type Running } from "./running";

jest.setTimeout(60_000);

describe("a conversion that does not return, and a server that ends", () => {
  let running: Running;
  beforeAll(async () => {
    running = await startBundle(naughty, { DEADLINE_SECONDS: "1" });
  });
  afterAll(() => running.end());

  test("a conversion that never returns is ended at the deadline and named; others are answered meanwhile", async () => {
    const hung = running.convert(reviewOf([selfie("h", { hostPort: "hang" })], undefined, "u-hang"));
    const others = await Promise.all(
      Array.from({ length: 20 }, () => running.convert(reviewOf([selfie("a", { hostPort: "a" })]))),
    );
    expect(others.map(({ review }) => review.response.result.status)).toEqual(Array(20).fill("Success"));
    expect((await hung).review.response).toEqual({
      uid: "u-hang",
      result: {
        status: "Failure",
        message: "SelfieRequest default/h: the conversion did not return within 1 s and was ended",
      },
      convertedObjects: [],
    });
  });

  test("more hanging reviews than threads: each is ended, and then everything is answered again", async () => {
    const hung = await Promise.all([1, 2, 3].map(() => running.convert(reviewOf([selfie("h", { hostPort: "hang" })]))));
    expect(hung.map(({ review }) => review.response.result.status)).toEqual(Array(3).fill("Failure"));
    const { review } = await running.convert(reviewOf([selfie("a", { hostPort: "a" })]));
    expect(review.response.result).toEqual({ status: "Success" });
  });

  test("a conversion that ends its thread is a failure of that review alone", async () => {
    const { review } = await running.convert(reviewOf([selfie("e", { hostPort: "exit" })]));
    expect(review.response.result).toEqual({
      status: "Failure",
      message: "SelfieRequest default/e: the conversion ended its thread",
    });
    expect((await running.send("GET", "/readyz")).text).toBe("ok");
  });

  test("how many threads were lost, and why, is among the metrics", async () => {
    const { text } = await running.send("GET", "/metrics");
    expect(text).toMatch(/^conversion_workers_lost_total\{why="deadline"\} 4$/m);
    expect(text).toMatch(/^conversion_workers_lost_total\{why="crash"\} 1$/m);
    expect(text).toMatch(/^conversion_requests_total\{from="other",to="other",result="lost"\} 5$/m);
  });

  test("SIGTERM: not ready any more, whatever comes is still answered, what hangs is waited for, and it ends by itself", async () => {
    running.process.kill("SIGTERM");
    await sleep(200);
    expect(await running.send("GET", "/readyz")).toMatchObject({ status: 503, text: "draining" });
    expect((await running.convert(reviewOf([selfie("a", { hostPort: "a" })]))).status).toBe(200);
    await sleep(400);
    // Asked before the drain is over (1 s), answered at its own deadline (1 s), which is after.
    expect((await running.convert(reviewOf([selfie("h", { hostPort: "hang" })]))).status).toBe(200);
    expect(await running.ended()).toBe(0);
    expect(running.logged().at(-1)).toMatchObject({ message: "ended" });
  });
});
