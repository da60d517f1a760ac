import type { IncomingMessage } from "node:http";

/** A body larger than allowed: HTTP 413. */
export class TooLarge extends Error {}

/** @throws TooLarge; the connection stays open, so that a refusal can still be answered */
export function readBody(request: IncomingMessage, largest: number): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const refuse = (): void => {
      request.removeAllListeners("data").pause();
      reject(new TooLarge(`the body is larger than ${largest} bytes`));
    };
    if (Number(request.headers["content-length"] ?? 0) > largest) return refuse();
    // Events: an iterator takes some 14 µs a request.
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > largest) refuse();
    });
    request.on("error", reject);
    request.on("end", () => resolve(joined(chunks, size)));
  });
}

/** Memory of its own, not a piece of Node's pool: the whole pool would go to a worker. */
function joined(chunks: readonly Buffer[], size: number): ArrayBuffer {
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body.buffer;
}
