import { Worker } from "node:worker_threads";
import { Pool } from "../../../components/conversionServer/pool";

/** A thread that answers with what it was asked, or never, where that begins with 1. */
const THREAD = `
const { parentPort } = require("node:worker_threads");
parentPort.on("message", ({ body }) => {
  if (new Uint8Array(body)[0] === 1) for (;;);
  parentPort.postMessage({ kind: "answered", body });
});`;
const [HANGS, RETURNS] = [1, 2].map((first) => new Uint8Array([first]).buffer) as [ArrayBuffer, ArrayBuffer];

let started: number;
let pool: Pool;
beforeEach(() => {
  started = 0;
  const start = (): Worker => {
    started++;
    return new Worker(THREAD, { eval: true });
  };
  pool = new Pool({ start, workers: 2, deadlineMs: 600_000, onLost: () => undefined });
});
afterEach(() => pool.close());

test("reviews one after the other share one thread", async () => {
  for (let review = 0; review < 3; review++) await pool.ask(RETURNS);
  expect(started).toBe(1);
});

test("a review that finds every thread busy gets one of its own, up to their number", async () => {
  pool.ask(HANGS).catch(() => undefined);
  expect(await pool.ask(RETURNS)).toEqual({ kind: "answered", body: RETURNS });
  pool.ask(HANGS).catch(() => undefined);
  pool.ask(HANGS).catch(() => undefined);
  expect(started).toBe(2);
});
