import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import selfies from "../../examples/selfierequests/conversion";

/** Any object as a test sees it. */
export interface AnyObject {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

export type Convert = (object: AnyObject, desiredAPIVersion: string) => AnyObject | Promise<AnyObject>;

export interface WebhookOptions {
  /** PEM of the certificate for 127.0.0.1 */
  cert: string;
  /** PEM */
  key: string;
  /** @default the example's conversion between v1 and v2 */
  convert?: Convert;
}

export interface Webhook {
  /** what a CRD's webhook.clientConfig.url says */
  url: string;
  port: number;
  close(): Promise<void>;
}

/** The example's conversion, for a kind of any name: many tests have one of their own each. */
export function convert(object: AnyObject, desiredAPIVersion: string): AnyObject {
  const { kind } = object;
  return { ...selfies.convert({ ...object, kind: selfies.kind }, desiredAPIVersion), kind } as AnyObject;
}

/** A webhook in the test's own process that does whatever the test says, late or wrong as well; none that one should run. */
export async function startWebhook(options: WebhookOptions): Promise<Webhook> {
  const server = createServer({ cert: options.cert, key: options.key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      answer(Buffer.concat(chunks).toString("utf8"), options.convert ?? convert)
        .then((review) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(review)))
        .catch((error: Error) => response.writeHead(400).end(error.message));
    });
  });
  // The API server keeps idle connections for 90 s; one that we ended just as it asked again would fail that conversion.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
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

interface Review {
  request: { uid: string; desiredAPIVersion: string; objects: AnyObject[] };
}

async function answer(body: string, convert: Convert): Promise<object> {
  const { uid, desiredAPIVersion, objects } = (JSON.parse(body) as Review).request;
  const head = { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview" };
  try {
    const convertedObjects = [];
    for (const object of objects) convertedObjects.push(await convert(object, desiredAPIVersion));
    return { ...head, response: { uid, result: { status: "Success" }, convertedObjects } };
  } catch (error) {
    return { ...head, response: { uid, result: { status: "Failure", message: (error as Error).message } } };
  }
}
