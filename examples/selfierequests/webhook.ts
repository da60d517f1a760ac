import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import { parseArgs } from "node:util";
import { convert as convertSelfieRequest, type Convert } from "./conversion";
import { answer } from "./review";

export interface WebhookOptions {
  /** @default 0: any free one */
  port?: number;
  /** PEM of the certificate for 127.0.0.1 */
  cert: string;
  /** PEM */
  key: string;
  /** @default the conversion between v1 and v2 */
  convert?: Convert;
}

export interface Webhook {
  /** what a CRD's webhook.clientConfig.url says */
  url: string;
  port: number;
  close(): Promise<void>;
}

// An object in etcd is at most 1.5 MiB (etcd's --max-request-bytes), and the API server sends objects one by one or a few at a time.
const largestBody = 16 * 1024 * 1024;

/** A conversion webhook on the loopback address. */
export async function startWebhook(options: WebhookOptions): Promise<Webhook> {
  const convert = options.convert ?? convertSelfieRequest;
  const server = createServer({ cert: options.cert, key: options.key }, (request, response) => {
    const reply = (status: number, body: unknown): void => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      response
        .writeHead(status, {
          "Content-Type": typeof body === "string" ? "text/plain" : "application/json",
          ...(status === 413 && { Connection: "close" }),
        })
        .end(text);
    };
    if (request.method !== "POST" || request.url?.split("?")[0] !== "/convert")
      return reply(404, "expected POST /convert");
    read(request)
      .then(async (text) => reply(200, await answer(JSON.parse(text), convert)))
      .catch((error: Error) => reply(error instanceof TooLarge ? 413 : 400, error.message));
  });
  // The API server keeps idle connections for 90 s; one that we ended just as it asked again would fail that conversion.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `https://127.0.0.1:${port}/convert`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // A handshake under way is no connection yet; the API server would keep asking over it and the end never come.
        server.on("secureConnection", (socket) => socket.destroy());
        server.closeAllConnections();
      }),
  };
}

class TooLarge extends Error {}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Left open on the way out, so that a refusal can still be answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) throw new TooLarge(`the body is larger than ${largestBody} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: "string" }, cert: { type: "string" }, key: { type: "string" } },
  });
  if (!values.cert || !values.key)
    throw new Error("found no --cert or no --key; expected --cert FILE --key FILE [--port NUMBER]");
  const webhook = await startWebhook({
    port: Number(values.port ?? 0),
    cert: readFileSync(values.cert, "utf8"),
    key: readFileSync(values.key, "utf8"),
  });
  console.log(`converting SelfieRequests at ${webhook.url}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void webhook.close().then(() => process.exit(0)));
}

if (require.main === module) {
  main().catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
}
