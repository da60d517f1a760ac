import { nameConvertedObject } from "../conversion/convert";
import { isJsonMap, ownJsonField } from "../conversion/jsonValue";
import { log } from "./log";
import type { Metrics } from "./metrics";
import { type Pool, WorkerLost } from "./pool";

/** Status and body of one HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly type: "application/json" | "text/plain";
  readonly body: Uint8Array | string;
}

const NAMED = 5;

/** One ConversionReview through the pool, counted and logged. */
export async function answerReview(pool: Pool, metrics: Metrics, body: ArrayBuffer): Promise<Answer> {
  const stop = metrics.duration.startTimer();
  try {
    const outcome = await pool.ask(body);
    if (outcome.kind === "refused") {
      metrics.requests.inc({ from: "other", to: "other", result: "refused" });
      return { status: 400, type: "text/plain", body: outcome.reason };
    }
    const { from, to, objects, failed, failedCount, uid } = outcome;
    metrics.requests.inc({ from, to, result: failedCount === 0 ? "success" : "failure" });
    if (failedCount === 0) metrics.objects.inc({ from, to }, objects);
    else log("error", "objects could not be converted", { uid, from, to, objects, failedCount, failed });
    return { status: 200, type: "application/json", body: new Uint8Array(outcome.body) };
  } catch (error) {
    if (!(error instanceof WorkerLost)) throw error;
    metrics.requests.inc({ from: "other", to: "other", result: "lost" });
    return lost(body, error);
  } finally {
    stop();
  }
}

/** The protocol's own failure, since only its `result.message` reaches the user. The lost worker cannot say where it was. */
function lost(body: ArrayBuffer, { message: why }: WorkerLost): Answer {
  const { uid, objects } = requestOf(body);
  const names = objects.slice(0, NAMED).map(nameConvertedObject).join(", ");
  const more = objects.length > NAMED ? ` and ${objects.length - NAMED} more` : "";
  log("error", why, { uid, objects: objects.length, names });
  const result = { status: "Failure", message: `${names}${more}: ${why}` };
  const response = { uid, result, convertedObjects: [] };
  const review = { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview", response };
  return { status: 200, type: "application/json", body: JSON.stringify(review) };
}

function requestOf(body: ArrayBuffer): { uid: unknown; objects: readonly unknown[] } {
  const review = parsed(body);
  const request = isJsonMap(review) ? ownJsonField(review, "request") : undefined;
  if (!isJsonMap(request)) return { uid: "", objects: [] };
  const objects = ownJsonField(request, "objects");
  return { uid: ownJsonField(request, "uid") ?? "", objects: Array.isArray(objects) ? objects : [] };
}

/** What a worker fell over may be beyond this thread's stack as well. */
function parsed(body: ArrayBuffer): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
