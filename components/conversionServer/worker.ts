import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MessagePort } from "node:worker_threads";
import type { Conversion } from "../conversion";
import { parseExact, stringifyExact } from "../conversion/exactJson";
import { isJsonMap, ownJsonField } from "../conversion/jsonValue";
import type { Outcome, Question } from "./work";

const LOGGED = 5;

/** The thread in which the user's functions run: it may be ended at any time. */
export function runWorker(port: MessagePort, conversion: Conversion, keysFolder: string | undefined): void {
  const keys = keysFolder === undefined ? [] : readWorkerKeys(keysFolder);
  port.on("message", ({ body }: Question) => {
    const outcome = answerInWorker(conversion, Buffer.from(body).toString("utf8"), keys);
    port.postMessage(outcome, outcome.kind === "answered" ? [outcome.body] : []);
  });
}

/** @throws Error naming a file that is no key */
export function readWorkerKeys(folder: string): Uint8Array[] {
  // A mounted Secret keeps its files behind links whose names begin with two dots.
  const names = readdirSync(folder).filter((name) => !name.startsWith("."));
  return names.sort().map((name) => {
    const key = readFileSync(join(folder, name));
    if (key.length !== 32) throw new Error(`${join(folder, name)} has ${key.length} bytes; expected a key of 32`);
    return key;
  });
}

function answerInWorker(conversion: Conversion, text: string, keys: readonly Uint8Array[]): Outcome {
  const failed: string[] = [];
  let failedCount = 0;
  const onFailure = (where: string): void => {
    if (failedCount++ < LOGGED) failed.push(where);
  };
  try {
    const body = parseExact(text);
    const review = conversion.review(body, { keys, onFailure });
    const bytes = new TextEncoder().encode(stringifyExact(review));
    const request = isJsonMap(body) ? ownJsonField(body, "request") : undefined;
    const objects = isJsonMap(request) ? ownJsonField(request, "objects") : undefined;
    const desired = isJsonMap(request) ? ownJsonField(request, "desiredAPIVersion") : undefined;
    const first: unknown = Array.isArray(objects) ? objects[0] : undefined;
    return {
      kind: "answered",
      body: bytes.buffer,
      uid: review.response.uid,
      from: versionOf(conversion, isJsonMap(first) ? ownJsonField(first, "apiVersion") : undefined),
      to: versionOf(conversion, desired),
      objects: Array.isArray(objects) ? objects.length : 0,
      failed,
      failedCount,
    };
  } catch (error) {
    return { kind: "refused", reason: reasonOf(error) };
  }
}

/** A metric's label: whatever is none of ours is one and the same, or a client could make as many as it likes. */
function versionOf(conversion: Conversion, apiVersion: unknown): string {
  return conversion.versions.find((version) => apiVersion === `${conversion.group}/${version}`) ?? "other";
}

function reasonOf(error: unknown): string {
  // A parser's message quotes the text it stopped at.
  if (error instanceof SyntaxError) return "the body is not JSON";
  if (error instanceof RangeError) return "the body is nested too deep";
  return error instanceof Error ? error.message : String(error);
}
