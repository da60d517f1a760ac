import type { IncomingMessage } from "node:http";

/** A body larger than allowed: HTTP 413. */
export class TooLarge extends Error {}

/** @throws TooLarge; the connection stays open, so that a refusal can still be answered */
export async function readBody(request: IncomingMessage, largest: number): Promise<ArrayBuffer> {
  const told = Number(request.headers["content-length"] ?? 0);
  const tooLarge = (): TooLarge => new TooLarge(`the body is larger than ${largest} bytes`);
  if (told > largest) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largest) throw tooLarge();
    chunks.push(chunk);
  }
  // Memory of its own, not a piece of Node's pool: the whole pool would be copied to a worker.
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body.buffer;
}
