import { setMaxListeners } from "events";
import * as https from "https";
import type { ClientRequest, IncomingMessage } from "http";
import type { Socket } from "net";
import type { AppliedCredentials } from "./kubeconfig";
import { abortReason } from "./abort";
import { formatCount } from "./count";

/** Name resolution, TCP and TLS together; a cluster that needs longer is as good as unreachable for a preview. */
const CONNECT_SECONDS = 5;
/** Far above any answer but a page of large objects. Node.js makes no string of more than 512 MiB, and ends the process instead. */
const LARGEST_ANSWER_BYTES = 128 * 1024 * 1024;

export interface Outgoing {
  readonly base: URL;
  readonly method: string;
  /** Path and query, appended to the base's own path (Rancher and others serve clusters below one). */
  readonly path: string;
  readonly headers: Record<string, string | number>;
  readonly body?: string | undefined;
  readonly credentials: AppliedCredentials;
  readonly agent: https.Agent;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
  /** Sees the socket before anything is sent on it, and may throw. */
  readonly onSocket?: ((socket: Socket) => void) | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** `code` of a TransportError when nothing was sent, since no connection came about in time. */
export const NO_CONNECTION = "NO_CONNECTION";
/** `code` of a TransportError when the answer was cut off, since it was larger than this process takes. */
export const ANSWER_TOO_LARGE = "ANSWER_TOO_LARGE";

/** Thrown when no answer came; `reused` when the connection had been idle and the server had just closed it. */
export class TransportError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly reused: boolean,
  ) {
    super(message);
  }
}

/** One request, one answer, never longer than told. */
export function exchangeOverTransport(outgoing: Outgoing): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { signal, timeoutSeconds } = outgoing;
    const request = https.request(requestOptions(outgoing));
    const settle = (): void => {
      clearTimeout(limit);
      signal?.removeEventListener("abort", abort);
    };
    const fail = (error: NodeJS.ErrnoException): void => {
      settle();
      reject(asTransportError(error, request.reusedSocket, signal));
    };
    request.on("error", fail);
    // A request that still waits for its connection tells of its end only once it has one.
    const end = (error: Error): void => {
      request.destroy(error);
      fail(error);
    };
    const late = (): void => end(codedError(`no answer within ${timeoutSeconds} s`, "TIMEOUT"));
    const limit = setTimeout(late, timeoutSeconds * 1000);
    const abort = (): void => end(abortReason(signal));
    // One listener for each request under way is no leak.
    if (signal !== undefined) setMaxListeners(0, signal);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    request.on("socket", (socket) => {
      limitConnecting(request, socket);
      try {
        outgoing.onSocket?.(socket);
      } catch (error) {
        request.destroy(error as Error);
      }
    });
    request.on("response", (response) => {
      const done = (answer: Answer): void => {
        settle();
        resolve(answer);
      };
      readAnswer(request, response, done, fail);
    });
    request.end(outgoing.body);
  });
}

function codedError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

function endRequest(request: ClientRequest, message: string, code: string): void {
  request.destroy(codedError(message, code));
}

function limitConnecting(request: ClientRequest, socket: Socket): void {
  if (!socket.connecting) return;
  const late = (): void => endRequest(request, `no connection within ${CONNECT_SECONDS} s`, NO_CONNECTION);
  const connecting = setTimeout(late, CONNECT_SECONDS * 1000);
  socket.once("secureConnect", () => clearTimeout(connecting));
  request.once("close", () => clearTimeout(connecting));
}

function readAnswer(
  request: ClientRequest,
  response: IncomingMessage,
  done: (answer: Answer) => void,
  fail: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= LARGEST_ANSWER_BYTES) chunks.push(chunk);
    else endRequest(request, `the answer has more than ${formatCount(LARGEST_ANSWER_BYTES)} bytes`, ANSWER_TOO_LARGE);
  });
  // An answer that breaks off is told of here alone: the request has been destroyed by then, and does not emit it.
  response.on("error", fail);
  response.on("end", () => {
    const text = Buffer.concat(chunks).toString("utf8");
    done({ status: response.statusCode ?? 0, headers: response.headers, text });
  });
}

function requestOptions(outgoing: Outgoing): https.RequestOptions {
  const { base, body, credentials } = outgoing;
  return {
    hostname: base.hostname.replace(/^\[|\]$/g, ""),
    port: base.port === "" ? 443 : Number(base.port),
    path: base.pathname.replace(/\/$/, "") + outgoing.path,
    method: outgoing.method,
    agent: outgoing.agent,
    ...(credentials.auth != null && { auth: credentials.auth }),
    headers: {
      ...credentials.headers,
      ...outgoing.headers,
      ...(body !== undefined && { "Content-Length": Buffer.byteLength(body) }),
    },
  };
}

function asTransportError(error: NodeJS.ErrnoException, reused: boolean, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true) return abortReason(signal);
  return new TransportError(error.code ?? "NO_ANSWER", error.message, reused);
}
