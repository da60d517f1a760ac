import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Conversion } from "../conversion";
import { answerReview, type Answer } from "./answer";
import { readBody, TooLarge } from "./body";
import { readServingCertificate, type Certificate } from "./servingCertificate";
import { log } from "./log";
import type { Metrics } from "./metrics";
import type { ServerOptions } from "./options";
import type { Pool } from "./pool";
import { whyNotReady } from "./whyNotReady";

export interface RunningServer {
  readonly port: number;
  /** Goes on for a while, then takes nothing new, and resolves when what it has is answered. */
  drain(): Promise<void>;
}

/** A Secret's files are replaced a minute or so after the Secret: looking often costs nothing and gains nothing. */
const CERTIFICATE_POLL_MS = 5_000;
/** The API server keeps idle connections for 90 s; one that we ended just as it asked again would fail that conversion. */
const KEEP_ALIVE_MS = 120_000;
const HEADERS_MS = 10_000;
/** The API server has given up by then. */
const REQUEST_MS = 30_000;

/** @throws Error for a certificate that cannot be used, or a port that is taken */
export async function startServer(
  conversion: Conversion,
  options: ServerOptions,
  pool: Pool,
  metrics: Metrics,
): Promise<RunningServer> {
  let draining = false;
  const certificate = await readServingCertificate(options.certificate);
  const whyUnready = async () => (draining ? "draining" : whyNotReady(pool, conversion));
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    routeRequest(request, options, pool, metrics, whyUnready)
      .catch(explainFailure)
      .then((answer) => replyWith(response, answer, draining || answer.status === 413))
      .catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = HEADERS_MS;
  server.requestTimeout = REQUEST_MS;
  await listening(server, options);
  const timer = replaceCertificates(server, options, certificate, metrics);
  return {
    port: (server.address() as AddressInfo).port,
    async drain() {
      draining = true;
      await sleep(options.drainSeconds * 1000);
      clearInterval(timer);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function routeRequest(
  request: IncomingMessage,
  { largestBody }: ServerOptions,
  pool: Pool,
  metrics: Metrics,
  whyUnready: () => Promise<string | undefined>,
): Promise<Answer> {
  switch (`${request.method} ${request.url?.split("?")[0]}`) {
    case "POST /convert":
      return answerReview(pool, metrics, await readBody(request, largestBody));
    case "GET /healthz":
      return textAnswer(200, "ok");
    case "GET /readyz": {
      const why = await whyUnready();
      return why === undefined ? textAnswer(200, "ok") : textAnswer(503, why);
    }
    case "GET /metrics":
      return textAnswer(200, await metrics.text());
    default:
      return textAnswer(404, "expected POST /convert, or GET /healthz, /readyz or /metrics");
  }
}

function explainFailure(error: unknown): Answer {
  if (error instanceof TooLarge) return textAnswer(413, error.message);
  log("error", "a request could not be answered", { reason: error instanceof Error ? error.name : "unknown" });
  return textAnswer(500, "the request could not be answered");
}

/** Looks for another certificate in the files, now and then, until the timer is cleared. */
function replaceCertificates(
  server: Server,
  options: ServerOptions,
  first: Certificate,
  metrics: Metrics,
): NodeJS.Timeout {
  let current = first;
  metrics.notAfter.set(first.notAfter);
  const take = (fresh: Certificate): void => {
    if (fresh.cert === current.cert && fresh.key === current.key) return;
    current = fresh;
    server.setSecureContext({ cert: fresh.cert, key: fresh.key });
    metrics.notAfter.set(fresh.notAfter);
    log("info", "certificate replaced", { notAfter: new Date(fresh.notAfter * 1000).toISOString() });
  };
  const fail = (error: Error): void => {
    metrics.reloadFailures.inc();
    log("error", error.message);
  };
  return setInterval(() => void readServingCertificate(options.certificate).then(take, fail), CERTIFICATE_POLL_MS);
}

function listening(server: Server, { port, host }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function textAnswer(status: number, body: string): Answer {
  return { status, type: "text/plain", body };
}

function replyWith(response: ServerResponse, { status, type, body }: Answer, close: boolean): void {
  const headers = { "Content-Type": type, "Content-Length": Buffer.byteLength(body) };
  response.writeHead(status, close ? { ...headers, Connection: "close" } : headers).end(body);
}
