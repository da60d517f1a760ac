import { Agent } from "node:https";
import { connect, type Socket } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { naughty, reviewOf, selfie, startBundle, type Running } from "./running";
import { shownSerial, slowClient, type SlowClient } from "./slow";

jest.setTimeout(60_000);

/** LARGEST_BODY_MIB, in bytes. */
const LIMIT = 33_554_432;

describe("a conversion served by its bundle", () => {
  let running: Running;
  /** Open from the first test on: each stops in the middle of something. */
  let slow: { handshake: Socket; headers: SlowClient; body: SlowClient };
  beforeAll(async () => {
    running = await startBundle(naughty, { LARGEST_BODY_MIB: "32", BUNDLE_SHA256: "abc" });
    const { port, ca } = running;
    slow = {
      handshake: connect(port, "127.0.0.1").on("error", () => undefined),
      headers: await slowClient(port, ca, "POST /convert HTTP/1.1\r\nHost: a\r\nContent-Le"),
      body: await slowClient(port, ca, "POST /convert HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"),
    };
    slow.handshake.write("not a handshake");
  });
  afterAll(async () => {
    slow.handshake.destroy();
    slow.headers.end();
    slow.body.end();
    await running.end();
  });

  test("a review is answered with every object in its order and every number as it was written", async () => {
    const objects = [selfie("a", { hostPort: "a:1", number: 1 }), selfie("b", { hostPort: "b:1" })];
    const body = JSON.stringify(reviewOf(objects)).replace('"number":1', '"number":9007199254740993');
    const { status, text } = await running.send("POST", "/convert?timeout=30s", body);
    expect([status, text]).toEqual([
      200,
      JSON.stringify({
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "ConversionReview",
        response: {
          uid: "u1",
          result: { status: "Success" },
          convertedObjects: [
            {
              apiVersion: "stable.example.com/v2",
              kind: "SelfieRequest",
              metadata: { name: "a", namespace: "default" },
              number: 1,
              host: "a:1",
            },
            {
              apiVersion: "stable.example.com/v2",
              kind: "SelfieRequest",
              metadata: { name: "b", namespace: "default" },
              host: "b:1",
            },
          ],
        },
      }).replace('"number":1', '"number":9007199254740993'),
    ]);
  });

  test("no objects => none", async () => {
    const { review } = await running.convert(reviewOf([]));
    expect(review.response).toEqual({ uid: "u1", result: { status: "Success" }, convertedObjects: [] });
  });

  test("20 MB of objects in one review are answered", async () => {
    const objects = Array.from({ length: 500 }, (_, at) => selfie(`o${at}`, { hostPort: "x".repeat(40_000) }));
    const { review, status } = await running.convert(reviewOf(objects));
    expect([status, review.response.result, review.response.convertedObjects.length]).toEqual([
      200,
      { status: "Success" },
      500,
    ]);
  });

  test("an object nested ten thousand deep is answered", async () => {
    const deep = JSON.stringify(selfie("deep", {})).replace(
      /}$/,
      `,"free":${'{"a":'.repeat(9_900)}1${"}".repeat(9_900)}}`,
    );
    const body = JSON.stringify(reviewOf([0])).replace("[0]", `[${deep}]`);
    expect((await running.send("POST", "/convert", body)).status).toBe(200);
  });

  test.each([
    ["malformed JSON", '{"request": s3cret', 400, "the body is not JSON"],
    [
      "no ConversionReview",
      '{"kind":"Pod"}',
      400,
      "the body is no ConversionReview of apiextensions.k8s.io/v1 with a request",
    ],
    [
      "a review without a uid",
      JSON.stringify(reviewOf([], undefined, 7 as never)),
      400,
      "the ConversionReview lacks request.uid, request.desiredAPIVersion or request.objects",
    ],
    [
      "a review without objects",
      JSON.stringify(reviewOf(undefined as never)),
      400,
      "the ConversionReview lacks request.uid, request.desiredAPIVersion or request.objects",
    ],
  ])("%s is refused by its status, and quotes nothing", async (_, body, status, reason) => {
    const agent = new Agent({ keepAlive: false });
    expect(await running.send("POST", "/convert", body, agent)).toMatchObject({ status, text: reason });
  });

  test("a body beyond the limit is refused before it is sent to its end, and the connection ends with the answer", async () => {
    const { port, ca } = running;
    const post = "POST /convert HTTP/1.1\r\nHost: a\r\n";
    const announced = await slowClient(port, ca, `${post}Content-Length: ${LIMIT + 1}\r\n\r\n{`);
    const inPieces = `${post}Transfer-Encoding: chunked\r\n\r\n${(LIMIT + 1).toString(16)}\r\n`;
    const unannounced = await slowClient(port, ca, inPieces + "x".repeat(LIMIT + 1));
    for (const client of [announced, unannounced]) {
      while (!client.hasEnded()) await sleep(20);
      expect(client.told()).toMatch(/^HTTP\/1.1 413 .*the body is larger than 33554432 bytes/s);
    }
  });

  test("a body of exactly the limit is waited for to its end", async () => {
    const { port, ca } = running;
    const post = `POST /convert HTTP/1.1\r\nHost: a\r\nContent-Length: ${LIMIT}\r\n\r\n`;
    const client = await slowClient(port, ca, post + "x".repeat(LIMIT));
    while (!client.told().includes("\r\n\r\n")) await sleep(20);
    expect(client.told()).toMatch(/^HTTP\/1.1 400 /);
    client.end();
  });

  test.each([
    [
      "another group",
      reviewOf([selfie("a", {})], "other.example.com/v2"),
      /no conversion for other.example.com\/v2; expected one of stable/,
    ],
    ["an unknown version", reviewOf([selfie("a", {}, "v9")]), /default\/a: no conversion for stable.example.com\/v9/],
  ])("%s is a failure that says what was expected", async (_, review, message) => {
    const answer = await running.convert(review);
    expect(answer.review.response.result).toEqual({
      status: "Failure",
      message: expect.stringMatching(message) as string,
    });
  });

  test("objects that throw: the answer names the first five with path and reason, the log without the reason", async () => {
    const objects = Array.from({ length: 7 }, (_, at) => selfie(`t${at}`, { hostPort: "throw" }));
    const { review } = await running.convert(reviewOf(objects, undefined, "u-throw"));
    const { message = "" } = review.response.result;
    expect(message).toContain("SelfieRequest default/t0: v1→v2: hostPort: told to, by a value that says s3cret; ");
    expect(message).toMatch(/default\/t4.*; and 2 more$/s);
    expect(message).not.toContain("default/t5");
    const logged = () => running.logged().find(({ uid }) => uid === "u-throw");
    // The line is written before the answer, but comes through a pipe of its own.
    while (logged() === undefined) await sleep(20);
    const line = logged();
    expect(line).toMatchObject({ level: "error", objects: 7, failedCount: 7, from: "v1", to: "v2" });
    expect((line?.["failed"] as string[]).slice(0, 1)).toEqual(["SelfieRequest default/t0: v1→v2: hostPort"]);
    expect(JSON.stringify(running.logged())).not.toContain("s3cret");
  });

  test("health, readiness by a conversion of its own, and metrics", async () => {
    expect(await running.send("GET", "/healthz")).toMatchObject({ status: 200, text: "ok" });
    expect(await running.send("GET", "/readyz")).toMatchObject({ status: 200, text: "ok" });
    const { text } = await running.send("GET", "/metrics");
    expect(text).toMatch(/^conversion_requests_total\{from="v1",to="v2",result="success"\} \d+$/m);
    expect(text).toMatch(/^conversion_requests_total\{from="v1",to="v2",result="failure"\} 1$/m);
    expect(text).toMatch(/^conversion_bundle_info\{sha256="abc"\} 1$/m);
    expect(text).toMatch(/^conversion_tls_not_after_seconds \d{10}$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect((await running.send("GET", "/other")).status).toBe(404);
  });

  test("a certificate is replaced without a request lost; a file that is no certificate is not taken", async () => {
    const replaced = (): number => running.logged().filter(({ message }) => message === "certificate replaced").length;
    const before = await shownSerial(running.port, running.ca);
    let asked = 0;
    let failed = 0;
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        asked++;
        const { status } = await running
          .convert(reviewOf([selfie("a", { hostPort: "a" })]))
          .catch(() => ({ status: 0 }));
        if (status !== 200) failed++;
      }
    })();
    await running.writeCertificate();
    for (let waited = 0; replaced() === 0 && waited < 15_000; waited += 100) await sleep(100);
    const after = await shownSerial(running.port, running.ca);
    writeFileSync(join(running.folder, "tls.crt"), "nonsense");
    const refused = (): boolean =>
      running.logged().some(({ message }) => /expected a certificate in PEM/.test(String(message)));
    for (let waited = 0; !refused() && waited < 15_000; waited += 100) await sleep(100);
    isOver = true;
    await asking;
    expect(after).not.toBe(before);
    expect([refused(), failed, replaced()]).toEqual([true, 0, 1]);
    expect(await shownSerial(running.port, running.ca)).toBe(after);
    expect(asked).toBeGreaterThan(10);
  });

  test("a client that stops in its handshake, its headers or its body holds up nobody, and is ended in its headers", async () => {
    expect((await running.convert(reviewOf([]))).status).toBe(200);
    for (let waited = 0; !slow.headers.hasEnded() && waited < 20_000; waited += 100) await sleep(100);
    expect(slow.headers.told()).toMatch(/^HTTP\/1\.1 408 /);
    slow.body.end();
  });
});

describe("it does not start", () => {
  test.each([
    ["without a certificate", { TLS_CERT: "" }, /TLS_CERT is not set; expected the path of a PEM file/],
    ["with a number that is none", { WORKERS: "many" }, /WORKERS is \\"many\\"; expected a number of at least 1/],
  ])("%s, and says why", async (_, environment, reason) => {
    await expect(startBundle(naughty, environment)).rejects.toThrow(reason);
  });
});
