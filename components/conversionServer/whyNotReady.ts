import type { Conversion } from "../conversion";
import type { Pool } from "./pool";

/** Why it is not ready, or undefined: an object that holds nothing, converted from the oldest version to the newest, in a worker. */
export async function whyNotReady(pool: Pool, { group, kind, versions }: Conversion): Promise<string | undefined> {
  const object = { apiVersion: `${group}/${versions[0]}`, kind, metadata: { name: "self" } };
  const request = { uid: "self", desiredAPIVersion: `${group}/${versions.at(-1)}`, objects: [object] };
  const review = { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview", request };
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(review)));
  try {
    const outcome = await pool.ask(bytes.buffer);
    if (outcome.kind === "refused") return outcome.reason;
    return outcome.failedCount === 0 ? undefined : outcome.failed.join("; ");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
